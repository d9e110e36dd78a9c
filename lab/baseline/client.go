package baseline

import (
	"net/netip"

	"github.com/netordered/nopaxos/internal/clientcore"
	basewire "github.com/netordered/nopaxos/lab/baseline/wire"
	"github.com/netordered/nopaxos/replica/wire"
	"github.com/netordered/nopaxos/transport"
)

// NewCourier returns the way from a client to the replicas of a system: datagrams to each replica that
// the system wants to have the request.
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

// toLeader sends a request to the replica that seems to lead, and one that was not answered to all: a
// new leader may have taken over.
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
