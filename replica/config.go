package replica

import (
	"cmp"
	"fmt"

	"github.com/netordered/nopaxos/cluster/limits"
	"github.com/netordered/nopaxos/internal/defaults"
	"github.com/netordered/nopaxos/replica/wire"
)

// Config configures a Core. Zero values from MTU on stand for their defaults.
type Config struct {
	N     int       // replicas in the group: 2f+1
	Self  int       // this replica's number, from 0
	Group uint32    // OUM group number
	Keys  wire.Keys // derived from the cluster key
	MTU   int       `default:"1400" min:"256"` // largest UDP payload in bytes that the path carries

	limits.Timing
	limits.Replica

	// MaxClients is the number of clients in the client table, which evicts the least recently used one; default
	// wire.MaxClients. All replicas of a group must have the same number. Only tests set it.
	MaxClients int
}

// withDefaults fills in the zero fields and checks the others.
func (c Config) withDefaults() (Config, error) {
	c.MaxClients = cmp.Or(c.MaxClients, wire.MaxClients)
	switch {
	case c.N < 1 || c.N%2 == 0 || c.N > wire.MaxGroup:
		return c, fmt.Errorf("replica: N is %d, expected an odd number from 1 to %d", c.N, wire.MaxGroup)
	case c.Self < 0 || c.Self >= c.N:
		return c, fmt.Errorf("replica: Self is %d, expected 0 to %d", c.Self, c.N-1)
	}
	if err := defaults.Apply(&c); err != nil {
		return c, fmt.Errorf("replica: %w", err)
	}
	if err := c.Replica.Check(c.MTU); err != nil {
		return c, fmt.Errorf("replica: %w", err)
	}
	return c, nil
}
