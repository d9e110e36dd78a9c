package vr

import (
	"cmp"
	"fmt"
	"time"

	"github.com/netordered/nopaxos/replica"
	"github.com/netordered/nopaxos/replica/wire"
)

// Config is what a replica is told at its start. Zero values of the fields from MTU on stand for the
// defaults that withDefaults lists, which are those of package replica where it has the same.
type Config struct {
	N    int       // replicas in the group: 2f+1
	Self int       // this replica's number, from 0
	Keys wire.Keys // derived from the cluster key

	// Incarnation is greater at every start of a replica than at its earlier ones; nothing else is
	// asked of it. The host's clock at the start will do.
	Incarnation uint64
	// Recover says that this is not the replica's first start: its state has to come from the others.
	Recover bool

	MTU           int           // largest UDP payload in bytes that the path carries
	PingInterval  time.Duration // a leader gives a sign of life at least so often
	SuspectLeader time.Duration // without one: suspect it
	ViewChange    time.Duration // first time-out of a view change; doubles per view that does not start in time
	Retransmit    time.Duration // between two sendings of a message that waits for an answer
	MaxLog        uint64        // slots that the log may hold; a leader with more takes no requests
	KeepLog       uint64        // slots kept below what is committed, for replicas that lag
	Snapshot      uint64        // slots between two snapshots
	MaxClients    int           // clients in the client table
}

func (c Config) withDefaults() (Config, error) {
	d := replica.DefaultConfig()
	c.MTU = cmp.Or(c.MTU, d.MTU)
	c.PingInterval = cmp.Or(c.PingInterval, d.PingInterval)
	c.SuspectLeader = cmp.Or(c.SuspectLeader, d.SuspectLeader)
	c.ViewChange = cmp.Or(c.ViewChange, d.ViewChange)
	c.Retransmit = cmp.Or(c.Retransmit, d.Retransmit)
	c.MaxLog = cmp.Or(c.MaxLog, d.MaxLog)
	c.KeepLog = cmp.Or(c.KeepLog, d.KeepLog)
	c.Snapshot = cmp.Or(c.Snapshot, d.Snapshot)
	c.MaxClients = cmp.Or(c.MaxClients, d.MaxClients)
	switch {
	case c.N < 1 || c.N%2 == 0 || c.N > wire.MaxGroup:
		return c, fmt.Errorf("baseline: N is %d, expected an odd number from 1 to %d", c.N, wire.MaxGroup)
	case c.Self < 0 || c.Self >= c.N:
		return c, fmt.Errorf("baseline: Self is %d, expected 0 to %d", c.Self, c.N-1)
	case c.Incarnation == 0:
		return c, fmt.Errorf("baseline: Incarnation is 0, expected a number above that of earlier starts")
	case c.MTU < replica.MinMTU:
		return c, fmt.Errorf("baseline: MTU is %d bytes, expected at least %d", c.MTU, replica.MinMTU)
	case c.MaxLog < 2*c.Snapshot:
		return c, fmt.Errorf("baseline: MaxLog is %d slots, expected at least twice Snapshot (%d)", c.MaxLog, c.Snapshot)
	}
	return c, nil
}
