package packettest

import (
	p4v1 "github.com/p4lang/p4runtime/go/p4/v1"
)

// testCase is one row of the suite. It starts on a target without entries, whose cells have seen no
// session.
type testCase struct {
	name    string
	needs   Features       // a target without them skips the case
	start   *startNumber   // nil: message numbers start at 1
	entries []*p4v1.Entity // installed before the steps
	steps   []step
}

// startNumber makes the message numbers of a session continue after a number.
type startNumber struct {
	cell    uint16
	session uint32
	after   uint64
}

// step is an action of a case with its expected outcome.
type step interface{ run(*bench) }

// sendFrame sends a frame in at a port and expects exactly the frames in want and wantIn.
type sendFrame struct {
	port        int
	frame       []byte
	want        []output   // in any order per port
	wantIn      []packetIn // at the controller
	badChecksum bool       // the frame has a wrong checksum, which the target keeps
}

// output is a frame that comes out of a port.
type output struct {
	port  int
	frame []byte
}

// writeEntries is a P4Runtime Write request that succeeds.
type writeEntries []*p4v1.Update

// checkCounter expects that the direct counter of an entry has counted exactly these frames.
type checkCounter struct {
	entry  *p4v1.TableEntry
	frames [][]byte
}

// sendPacketOut sends a packet-out and expects exactly the frames in want and wantIn.
type sendPacketOut struct {
	port    int // egress port; a packet to p4src.CPUPort returns
	payload []byte
	want    []output
	wantIn  []packetIn
}

// packetIn is a packet-in that the controller receives.
type packetIn struct {
	port    int
	payload []byte
}
