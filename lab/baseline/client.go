package baseline

import (
	"net/netip"

	"github.com/netordered/nopaxos/internal/clientcore"
	basewire "github.com/netordered/nopaxos/lab/baseline/wire"
	"github.com/netordered/nopaxos/replica/wire"
	"github.com/netordered/nopaxos/transport"
)

// NewCourier returns a client's way to the replicas of a system: datagrams to each replica that needs the request.
func NewCourier(s System, replicas []netip.AddrPort) clientcore.Courier {
	if s.Multicast() {
		return &toAll{replicas: replicas}
	}
	return &toLeader{replicas: replicas}
}

// readSpeculative reads a SPECULATIVE-REPLY.
func readSpeculative(auth wire.Auth, frame []byte) (clientcore.Answer, bool) {
	m, s, ok := basewire.OpenSpeculative(auth, frame)
	return clientcore.Answer{Reply: m, Log: s.Log, Final: s.Final}, ok
}

// toLeader sends a request to the presumed leader, and a retransmission to all replicas, as there may be a new
// leader.
type toLeader struct{ replicas []netip.AddrPort }

func (c *toLeader) Send(network transport.Network, e *clientcore.Effect) {
	if e.Attempt == 1 {
		network.Send(c.replicas[e.Leader], e.Data)
		return
	}
	for _, r := range c.replicas {
		network.Send(r, e.Data)
	}
}

func (c *toLeader) Obstacle() string { return "" }

// toAll sends a request to every replica.
type toAll struct{ replicas []netip.AddrPort }

func (c *toAll) Send(network transport.Network, e *clientcore.Effect) {
	for _, r := range c.replicas {
		network.Send(r, e.Data)
	}
}

func (c *toAll) Obstacle() string { return "" }
