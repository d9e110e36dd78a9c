package vr

import (
	"cmp"
	"fmt"

	"github.com/netordered/nopaxos/cluster/limits"
	"github.com/netordered/nopaxos/internal/defaults"
	"github.com/netordered/nopaxos/replica/wire"
)

// Config configures a replica. Zero values from MTU on stand for their defaults.
type Config struct {
	N    int       // replicas in the group: 2f+1
	Self int       // this replica's number, from 0
	Keys wire.Keys // derived from the cluster key

	// Incarnation must grow with every start of a replica. The host's clock at the start will do.
	Incarnation uint64
	// Recover says that this is not the replica's first start: its state must come from the other replicas.
	Recover bool

	MTU int `default:"1400" min:"256"` // largest UDP payload in bytes that the path carries

	// The intervals and bounds of NOPaxos that the protocol shares. PingInterval is the maximum time between a leader's
	// messages; a leader with MaxLog slots refuses requests.
	limits.Timing
	limits.Replica

	MaxClients int // maximum clients in the client table; default wire.MaxClients
}

func (c Config) withDefaults() (Config, error) {
	c.MaxClients = cmp.Or(c.MaxClients, wire.MaxClients)
	if err := defaults.Apply(&c); err != nil {
		return c, fmt.Errorf("baseline: %w", err)
	}
	switch {
	case c.N < 1 || c.N%2 == 0 || c.N > wire.MaxGroup:
		return c, fmt.Errorf("baseline: N is %d, expected an odd number from 1 to %d", c.N, wire.MaxGroup)
	case c.Self < 0 || c.Self >= c.N:
		return c, fmt.Errorf("baseline: Self is %d, expected 0 to %d", c.Self, c.N-1)
	case c.Incarnation == 0:
		return c, fmt.Errorf("baseline: Incarnation is 0, expected a number above that of earlier starts")
	case c.MaxLog < 2*c.Snapshot:
		return c, fmt.Errorf("baseline: MaxLog is %d slots, expected at least twice Snapshot (%d)", c.MaxLog, c.Snapshot)
	}
	return c, nil
}
