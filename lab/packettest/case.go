package packettest

import (
	p4v1 "github.com/p4lang/p4runtime/go/p4/v1"
)

// Case is one row of the suite: what is installed, and then step by step what goes in and must come
// out. Each case starts on a target without entries, whose cells have seen no session.
type testCase struct {
	name    string
	needs   Features     // a target without them skips the case, and says why
	start   *startNumber // nil: message numbers start at 1
	entries []*p4v1.Entity
	steps   []step
}

// Start makes the message numbers of a session go on behind a number.
type startNumber struct {
	cell    uint16
	session uint32
	behind  uint64
}

// Step is one thing that a case does.
type step interface{ run(*bench) }

// Send puts a frame on the wire at a port, and Want is all that comes out.
type sendFrame struct {
	port  int
	frame []byte
	want  []output // frames of one step may come out of a port in any order
	// WantIn is what the controller is handed, for nearly every frame nothing.
	wantIn []packetIn
	// BadChecksum says that the frame came in with a wrong checksum that is not the target's to mend.
	badChecksum bool
}

// Out is a frame that comes out of a port.
type output struct {
	port  int
	frame []byte
}

// Write is a P4Runtime Write request. It succeeds.
type writeEntries []*p4v1.Update

// Count reads the direct counter of an entry: it counted exactly these frames.
type checkCounter struct {
	entry  *p4v1.TableEntry
	frames [][]byte
}

// PacketOut is a packet of the controller.
type sendPacketOut struct {
	port    int // where it leaves; p4src.CPUPort brings it back
	payload []byte
	want    []output
	wantIn  []packetIn
}

// PacketIn is a packet that goes to the controller.
type packetIn struct {
	port    int
	payload []byte
}
