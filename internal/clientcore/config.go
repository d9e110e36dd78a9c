package clientcore

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/netordered/nopaxos/internal/defaults"
	"github.com/netordered/nopaxos/replica/wire"
)

// Config configures a Core. Zero values from MTU on stand for their defaults.
type Config struct {
	Replicas int                  // in the group: 2f+1
	Auth     wire.Auth            // the clients' key: wire.Keys.Client
	ReplyTo  netip.AddrPort       // address at which the client receives answers
	Nonce    func() wire.ClientID // 128 random bits; called once per registration
	Seed     uint64               // of the retransmissions' jitter
	Rule     Rule                 // decides when a request is complete; the zero Rule is that of NOPaxos

	MTU         int           `default:"1400" min:"256"` // largest UDP payload in bytes that the path carries
	Window      int           `default:"256" max:"4096"` // requests in flight; the maximum is wire.MaxOutstanding
	MaxWaiting  int           `default:"65536"`          // requests waiting for room in the window
	MinTimeout  time.Duration `default:"2ms"`            // shortest time before the first retransmission
	MaxTimeout  time.Duration `default:"100ms"`          // longest time between two transmissions
	MaxPushback time.Duration `default:"1s"`             // the same while the group reports that it is full
}

func (c Config) withDefaults() (Config, error) {
	if err := defaults.Apply(&c); err != nil {
		return c, fmt.Errorf("client: %w", err)
	}
	switch {
	case c.Replicas < 1 || c.Replicas%2 == 0 || c.Replicas > wire.MaxGroup:
		return c, fmt.Errorf("client: Replicas is %d, expected an odd number from 1 to %d", c.Replicas, wire.MaxGroup)
	case c.Rule.Quorum < 0 || c.Rule.Quorum > c.Replicas:
		return c, fmt.Errorf("client: Rule.Quorum is %d, expected 0 to %d", c.Rule.Quorum, c.Replicas)
	case c.Nonce == nil:
		return c, fmt.Errorf("client: Nonce is nil, expected a source of random nonces")
	case !c.ReplyTo.IsValid() || c.ReplyTo.Addr().IsUnspecified() || c.ReplyTo.Port() == 0:
		return c, fmt.Errorf("client: ReplyTo is %v, expected the address and port that replicas can reach", c.ReplyTo)
	case c.MaxTimeout < c.MinTimeout || c.MaxPushback < c.MaxTimeout:
		return c, fmt.Errorf("client: time-outs are %v, %v and %v, expected MinTimeout <= MaxTimeout <= MaxPushback",
			c.MinTimeout, c.MaxTimeout, c.MaxPushback)
	}
	return c, nil
}
