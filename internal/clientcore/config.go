package clientcore

import (
	"fmt"
	"net/netip"

	"github.com/netordered/nopaxos/cluster/limits"
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

	MTU int `default:"1400" min:"256"` // largest UDP payload in bytes that the path carries
	limits.Client
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
	}
	if err := c.Client.Check(); err != nil {
		return c, fmt.Errorf("client: %w", err)
	}
	return c, nil
}
