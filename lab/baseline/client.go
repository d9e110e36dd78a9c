package baseline

import (
	"net/netip"

	"github.com/netordered/nopaxos/client"
	basewire "github.com/netordered/nopaxos/lab/baseline/wire"
	"github.com/netordered/nopaxos/replica/wire"
	"github.com/netordered/nopaxos/transport"
)

// ClientConfig returns the configuration of a client of a system whose replicas receive at the given
// addresses. Listen is left to be set. Where requests go to all replicas (see Multicast) they may take the way
// over a sequencer instead: then Courier is to be nil again, and Group and Sequencer are to be set.
func ClientConfig(s System, replicas []netip.AddrPort, auth wire.Auth) client.Config {
	return client.Config{
		Replicas: len(replicas), Auth: auth, Rule: s.Rule(len(replicas)), Courier: NewCourier(s, replicas),
	}
}

// NewCourier returns the way from a client to the replicas of a system: datagrams to each replica that
// the system wants to have the request.
func NewCourier(s System, replicas []netip.AddrPort) client.Courier {
	if s.Multicast() {
		return &toAll{replicas: replicas}
	}
	return &toLeader{replicas: replicas}
}

// readSpeculative reads a SPECULATIVE-REPLY.
func readSpeculative(auth wire.Auth, frame []byte) (client.Answer, bool) {
	m, s, ok := basewire.OpenSpeculative(auth, frame)
	return client.Answer{Reply: m, Log: s.Log, Final: s.Final}, ok
}

// toLeader sends a request to the replica that seems to lead, and one that was not answered to all: a
// new leader may have taken over.
type toLeader struct{ replicas []netip.AddrPort }

func (c *toLeader) Send(network transport.Network, e *client.Effect) {
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

func (c *toAll) Send(network transport.Network, e *client.Effect) {
	for _, r := range c.replicas {
		network.Send(r, e.Data)
	}
}

func (c *toAll) Obstacle() string { return "" }
