package clientcore

import (
	"cmp"
	"fmt"
	"net/netip"
	"time"

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

	MTU         int           // largest UDP payload in bytes that the path carries; default 1400
	Window      int           // requests in flight; default 256, at most wire.MaxOutstanding
	MaxWaiting  int           // requests waiting for room in the window; default 65,536
	MinTimeout  time.Duration // shortest time before the first retransmission; default 2 ms
	MaxTimeout  time.Duration // longest time between two transmissions; default 100 ms
	MaxPushback time.Duration // the same while the group reports that it is full; default 1 s
}

func (c Config) withDefaults() (Config, error) {
	c.MTU = cmp.Or(c.MTU, wire.DefaultMTU)
	c.Window = cmp.Or(c.Window, 256)
	c.MaxWaiting = cmp.Or(c.MaxWaiting, 1<<16)
	c.MinTimeout = cmp.Or(c.MinTimeout, 2*time.Millisecond)
	c.MaxTimeout = cmp.Or(c.MaxTimeout, 100*time.Millisecond)
	c.MaxPushback = cmp.Or(c.MaxPushback, time.Second)
	switch {
	case c.Replicas < 1 || c.Replicas%2 == 0 || c.Replicas > wire.MaxGroup:
		return c, fmt.Errorf("client: Replicas is %d, expected an odd number from 1 to %d", c.Replicas, wire.MaxGroup)
	case c.Rule.Quorum < 0 || c.Rule.Quorum > c.Replicas:
		return c, fmt.Errorf("client: Rule.Quorum is %d, expected 0 to %d", c.Rule.Quorum, c.Replicas)
	case c.Nonce == nil:
		return c, fmt.Errorf("client: Nonce is nil, expected a source of random nonces")
	case !c.ReplyTo.IsValid() || c.ReplyTo.Addr().IsUnspecified() || c.ReplyTo.Port() == 0:
		return c, fmt.Errorf("client: ReplyTo is %v, expected the address and port that replicas can reach", c.ReplyTo)
	case c.MTU < wire.MinMTU:
		return c, fmt.Errorf("client: MTU is %d bytes, expected at least %d", c.MTU, wire.MinMTU)
	case c.Window < 1 || c.Window > wire.MaxOutstanding:
		return c, fmt.Errorf("client: Window is %d requests, expected 1 to %d", c.Window, wire.MaxOutstanding)
	case c.MaxWaiting < 1:
		return c, fmt.Errorf("client: MaxWaiting is %d requests, expected at least 1", c.MaxWaiting)
	case c.MinTimeout <= 0 || c.MaxTimeout < c.MinTimeout || c.MaxPushback < c.MaxTimeout:
		return c, fmt.Errorf("client: time-outs are %v, %v and %v, expected 0 < MinTimeout <= MaxTimeout <= MaxPushback",
			c.MinTimeout, c.MaxTimeout, c.MaxPushback)
	}
	return c, nil
}
