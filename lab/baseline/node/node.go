package node

import (
	"bytes"
	"net/netip"
	"time"

	"github.com/netordered/nopaxos/internal/replicaloop"
	"github.com/netordered/nopaxos/lab/baseline/wire"
	"github.com/netordered/nopaxos/monotime"
	"github.com/netordered/nopaxos/oumlib"
	nopaxos "github.com/netordered/nopaxos/replica/wire"
	"github.com/netordered/nopaxos/transport"
)

// Node is a replica as the transport's event loop sees it.
type Node struct {
	core    Core
	mesh    replicaloop.Mesh
	process replicaloop.Process
	started bool
	stopped bool
}

// New returns the node of a core.
func New(core Core, mesh replicaloop.Mesh, process replicaloop.Process) *Node {
	return &Node{core: core, mesh: mesh, process: process}
}

var _ transport.Handler = (*Node)(nil)

// Datagram takes a frame of another replica or a client's request. Requests may come through a sequencer, so that
// they have the same path and order at every replica; the stamp is ignored.
func (n *Node) Datagram(now time.Duration, _ netip.AddrPort, b []byte) {
	switch {
	case wire.IsFrame(b):
		n.core.Message(now, b)
	case nopaxos.IsFrame(b):
		n.core.Request(now, b)
	default:
		if _, frame, err := oumlib.ParseHeader(b); err == nil {
			n.core.Request(now, frame)
		}
	}
}

// Bulk takes a frame that is longer than a datagram.
func (n *Node) Bulk(now time.Duration, b []byte) { n.core.Message(now, b) }

// Tick starts the core on the first call and ticks it on every later one.
func (n *Node) Tick(now time.Duration) {
	if !n.started {
		n.started = true
		n.core.Start(now)
		return
	}
	n.core.Tick(now)
}

// Deadline returns the core's deadline.
func (n *Node) Deadline() time.Duration {
	if !n.started || n.stopped {
		return monotime.Never
	}
	return n.core.Deadline()
}

// Flush carries out the core's effects.
func (n *Node) Flush(now time.Duration) {
	if n.stopped || !n.started {
		return
	}
	n.core.Batch(now)
	effects := n.core.Effects()
	for i := range effects {
		n.carryOut(&effects[i])
	}
	n.core.ClearEffects()
	if err := n.core.Err(); err != nil {
		n.stopped = true
		n.process.Fail(err)
	}
}

func (n *Node) carryOut(e *Effect) {
	switch e.Kind {
	case Replica:
		n.mesh.Send(e.To, e.Data)
	case Replicas:
		n.mesh.Broadcast(e.Data)
	case Client:
		n.mesh.Network.Send(e.Addr, e.Data)
	case Snapshot:
		slot, state := e.Slot, e.State
		n.process.Aside(func() func(now time.Duration) {
			var b bytes.Buffer
			_, err := state.WriteTo(&b)
			return func(now time.Duration) { n.core.SnapshotWritten(now, slot, b.Bytes(), err) }
		})
	}
}
