package node

import (
	"bytes"
	"net/netip"
	"time"

	"github.com/netordered/nopaxos/lab/baseline/wire"
	"github.com/netordered/nopaxos/monotime"
	"github.com/netordered/nopaxos/oumlib"
	nopaxos "github.com/netordered/nopaxos/replica/wire"
	"github.com/netordered/nopaxos/transport"
)

// Peer is where a replica is reached.
type Peer struct {
	Addr netip.AddrPort // UDP
	Bulk netip.AddrPort // TCP: what a datagram is too small for
}

// Host is what a node needs besides a network.
type Host interface {
	// Aside runs work without holding up the event loop, and then on the loop what work returns.
	Aside(work func() (then func(now time.Duration)))
	// Fail ends the replica for good.
	Fail(error)
}

// Node is a replica as the transport's event loop sees it.
type Node struct {
	core    Core
	network transport.Network
	host    Host
	peers   []Peer
	self    int
	mtu     int
	started bool
	stopped bool
}

// New returns the node of replica number self. mtu is the length of the longest datagram in bytes.
func New(core Core, network transport.Network, host Host, peers []Peer, self, mtu int) *Node {
	return &Node{core: core, network: network, host: host, peers: peers, self: self, mtu: mtu}
}

var _ transport.Handler = (*Node)(nil)

// Datagram takes a frame of another replica or a client's request. A request may have come through a
// sequencer, for the same way and the same order at every replica; what it stamped is not looked at.
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

// Tick starts the core, and then is the core's.
func (n *Node) Tick(now time.Duration) {
	if !n.started {
		n.started = true
		n.core.Start(now)
		return
	}
	n.core.Tick(now)
}

// Deadline is the core's.
func (n *Node) Deadline() time.Duration {
	if !n.started || n.stopped {
		return monotime.Never
	}
	return n.core.Deadline()
}

// Flush carries out what the core wants.
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
		n.host.Fail(err)
	}
}

func (n *Node) carryOut(e *Effect) {
	switch e.Kind {
	case Replica:
		n.send(e.To, e.Data)
	case Replicas:
		for i := range n.peers {
			if i != n.self {
				n.send(i, e.Data)
			}
		}
	case Client:
		n.network.Send(e.Addr, e.Data)
	case Snapshot:
		slot, state := e.Slot, e.State
		n.host.Aside(func() func(now time.Duration) {
			var b bytes.Buffer
			_, err := state.WriteTo(&b)
			return func(now time.Duration) { n.core.SnapshotWritten(now, slot, b.Bytes(), err) }
		})
	}
}

// send sends a frame to a replica, by the bulk channel if a datagram is too small for it.
func (n *Node) send(to int, frame []byte) {
	if len(frame) <= n.mtu {
		n.network.Send(n.peers[to].Addr, frame)
		return
	}
	n.network.SendBulk(n.peers[to].Bulk, bytes.Clone(frame))
}
