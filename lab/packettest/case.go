package packettest

import (
	p4v1 "github.com/p4lang/p4runtime/go/p4/v1"
)

// Case is one row of the suite: what is installed, and then step by step what goes in and must come
// out. Each case starts on a target without entries, whose cells have seen no session.
type Case struct {
	Name    string
	Needs   Features // a target without them skips the case, and says why
	Start   *Start   // nil: message numbers start at 1
	Entries []*p4v1.Entity
	Steps   []Step
}

// Start makes the message numbers of a session go on behind a number.
type Start struct {
	Cell    uint16
	Session uint32
	Behind  uint64
}

// Step is one thing that a case does.
type Step interface{ run(*bench) }

// Send puts a frame on the wire at a port, and Want is all that comes out.
type Send struct {
	Port  int
	Frame []byte
	Want  []Out // frames of one step may come out of a port in any order
	// WantIn is what the controller is handed, for nearly every frame nothing.
	WantIn []PacketIn
	// BadChecksum says that the frame came in with a wrong checksum that is not the target's to mend.
	BadChecksum bool
}

// Out is a frame that comes out of a port.
type Out struct {
	Port  int
	Frame []byte
}

// Write is a P4Runtime Write request. It succeeds.
type Write []*p4v1.Update

// Count reads the direct counter of an entry: it counted exactly these frames.
type Count struct {
	Entry  *p4v1.TableEntry
	Frames [][]byte
}

// PacketOut is a packet of the controller.
type PacketOut struct {
	Port    int // where it leaves; p4src.CPUPort brings it back
	Payload []byte
	Want    []Out
	WantIn  []PacketIn
}

// PacketIn is a packet that goes to the controller.
type PacketIn struct {
	Port    int
	Payload []byte
}
