package vr

import (
	"cmp"
	"fmt"
	"time"

	"github.com/netordered/nopaxos/replica"
	"github.com/netordered/nopaxos/replica/wire"
)

// Config configures a replica. Zero values of the fields from MTU on stand for the defaults in withDefaults, mostly
// those of package replica.
type Config struct {
	N    int       // replicas in the group: 2f+1
	Self int       // this replica's number, from 0
	Keys wire.Keys // derived from the cluster key

	// Incarnation must grow with every start of a replica. The host's clock at the start will do.
	Incarnation uint64
	// Recover says that this is not the replica's first start: its state must come from the other replicas.
	Recover bool

	MTU           int           // largest UDP payload in bytes that the path carries
	PingInterval  time.Duration // maximum time between a leader's messages
	SuspectLeader time.Duration // silence after which the leader is suspected
	ViewChange    time.Duration // first timeout of a view change; doubles with every view that does not start in time
	Retransmit    time.Duration // between transmissions of an unanswered message
	MaxLog        uint64        // maximum slots in the log; a leader with a full log refuses requests
	KeepLog       uint64        // committed slots kept for replicas that lag
	Snapshot      uint64        // slots between snapshots
	MaxClients    int           // maximum clients in the client table
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
