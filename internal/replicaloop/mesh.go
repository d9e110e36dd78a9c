package replicaloop

import (
	"bytes"

	"github.com/netordered/nopaxos/transport"
)

// Mesh sends frames to the replicas of a group.
type Mesh struct {
	Network transport.Network
	Peers   []transport.Peer // by replica number
	Self    int              // which of Peers this replica is
	MTU     int              // longest datagram in bytes
}

// Send sends a frame to a replica, over the bulk channel if it is longer than a datagram.
func (m *Mesh) Send(to int, frame []byte) {
	if len(frame) <= m.MTU {
		m.Network.Send(m.Peers[to].Addr, frame)
		return
	}
	m.Network.SendBulk(m.Peers[to].Bulk, bytes.Clone(frame))
}

// Broadcast sends a frame to every other replica.
func (m *Mesh) Broadcast(frame []byte) {
	for i := range m.Peers {
		if i != m.Self {
			m.Send(i, frame)
		}
	}
}
