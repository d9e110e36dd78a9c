package replica

import (
	"fmt"
	"time"

	"github.com/netordered/nopaxos/replica/wire"
)

// Config is what a replica is told at its start. Zero values of the fields from TickInterval on
// stand for the defaults that DefaultConfig lists.
type Config struct {
	N     int       // replicas in the group: 2f+1
	Self  int       // this replica's number, from 0
	Group uint32    // OUM group number
	Keys  wire.Keys // derived from the cluster key
	MTU   int       // largest UDP payload in bytes that the path carries

	TickInterval     time.Duration // the leader multicasts a TICK when the group was idle for so long
	TickMax          time.Duration // and at least so often under load
	PingInterval     time.Duration // between two PINGs of the leader
	SuspectLeader    time.Duration // without a sign of the leader: suspect it
	SuspectSequencer time.Duration // without a stamped message: ask whether the sequencer lives
	ViewChange       time.Duration // first time-out of a view change; doubles per view not entered
	Retransmit       time.Duration // between two sendings of a message that waits for an answer
	Grace            time.Duration // a missing message number is a drop after so long
	GapBound         time.Duration // longest that the leader waits for its peers before NO-OP

	SyncSlots    uint64        // a sync point at least every so many slots
	SyncInterval time.Duration // and so often

	Window     uint64 // slots kept behind an open gap
	MaxLog     uint64 // slots that the log may hold; a replica with more is full
	MaxLogSize int    // bytes of payload that the log may hold
	KeepLog    uint64 // slots kept below the sync point for replicas that lag, memory permitting
	Snapshot   uint64 // slots between two snapshots
	MaxClients int    // clients in the client table; the least recently used one is evicted
	Chunk      int    // bytes of a log or a snapshot that one message carries to who fetches it
}

// DefaultConfig has the value of every field that a Config may leave zero.
func DefaultConfig() Config {
	return Config{
		MTU:              1400,
		TickInterval:     time.Millisecond,
		TickMax:          10 * time.Millisecond,
		PingInterval:     5 * time.Millisecond,
		SuspectLeader:    40 * time.Millisecond,
		SuspectSequencer: 30 * time.Millisecond,
		ViewChange:       40 * time.Millisecond,
		Retransmit:       2 * time.Millisecond,
		Grace:            200 * time.Microsecond,
		GapBound:         5 * time.Millisecond,
		SyncSlots:        1000,
		SyncInterval:     5 * time.Millisecond,
		Window:           1 << 14,
		MaxLog:           1 << 18,
		MaxLogSize:       128 << 20,
		KeepLog:          1 << 14,
		Snapshot:         1 << 15,
		MaxClients:       1 << 16,
		Chunk:            1 << 18,
	}
}

// withDefaults fills in what is zero and checks what is not.
func (c Config) withDefaults() (Config, error) {
	d := DefaultConfig()
	setDuration := func(p *time.Duration, v time.Duration) {
		if *p == 0 {
			*p = v
		}
	}
	setUint := func(p *uint64, v uint64) {
		if *p == 0 {
			*p = v
		}
	}
	setInt := func(p *int, v int) {
		if *p == 0 {
			*p = v
		}
	}
	setDuration(&c.TickInterval, d.TickInterval)
	setDuration(&c.TickMax, d.TickMax)
	setDuration(&c.PingInterval, d.PingInterval)
	setDuration(&c.SuspectLeader, d.SuspectLeader)
	setDuration(&c.SuspectSequencer, d.SuspectSequencer)
	setDuration(&c.ViewChange, d.ViewChange)
	setDuration(&c.Retransmit, d.Retransmit)
	setDuration(&c.Grace, d.Grace)
	setDuration(&c.GapBound, d.GapBound)
	setDuration(&c.SyncInterval, d.SyncInterval)
	setUint(&c.SyncSlots, d.SyncSlots)
	setUint(&c.Window, d.Window)
	setUint(&c.MaxLog, d.MaxLog)
	setUint(&c.KeepLog, d.KeepLog)
	setUint(&c.Snapshot, d.Snapshot)
	setInt(&c.MTU, d.MTU)
	setInt(&c.MaxLogSize, d.MaxLogSize)
	setInt(&c.MaxClients, d.MaxClients)
	setInt(&c.Chunk, d.Chunk)

	switch {
	case c.N < 1 || c.N%2 == 0 || c.N > wire.MaxGroup:
		return c, fmt.Errorf("replica: N is %d, expected an odd number from 1 to %d", c.N, wire.MaxGroup)
	case c.Self < 0 || c.Self >= c.N:
		return c, fmt.Errorf("replica: Self is %d, expected 0 to %d", c.Self, c.N-1)
	case c.MTU < MinMTU:
		return c, fmt.Errorf("replica: MTU is %d bytes, expected at least %d", c.MTU, MinMTU)
	case c.Window < 16 || c.Window&(c.Window-1) != 0:
		return c, fmt.Errorf("replica: Window is %d slots, expected a power of two, at least 16", c.Window)
	case c.Chunk < c.MTU || c.Chunk > maxLogSize:
		return c, fmt.Errorf("replica: Chunk is %d bytes, expected %d, the MTU, to %d", c.Chunk, c.MTU, maxLogSize)
	case c.MaxLogSize > maxLogSize:
		return c, fmt.Errorf("replica: MaxLogSize is %d bytes, expected at most %d, so that a log fits one message", c.MaxLogSize, maxLogSize)
	case c.MaxLog < 2*c.SyncSlots:
		return c, fmt.Errorf("replica: MaxLog is %d slots, expected at least twice SyncSlots (%d)", c.MaxLog, c.SyncSlots)
	}
	return c, nil
}

// maxLogSize is the largest MaxLogSize: with the entries' headers the whole log fits a message of the
// bulk channel.
const maxLogSize = 192 << 20

// MinMTU is the smallest MTU, in bytes, that every protocol message of fixed size fits.
const MinMTU = 256
