package replica

import (
	"github.com/netordered/nopaxos/oumlib"
	"github.com/netordered/nopaxos/replica/wire"
)

// Counters count what happened since the replica started.
type Counters struct {
	Executed           uint64 // operations; a rolled-back one counts again when it is executed again
	RolledBack         uint64 // slots
	TicksSent          uint64
	SlotsAsked         uint64 // slots asked for by SLOT-LOOKUP or GAP-ASK
	NoOps              uint64 // slots at which this replica, as leader, decided NO-OP
	Void               uint64 // stamped messages that fail authentication or do not parse
	Full               uint64 // stamped messages dropped for lack of memory
	ViewChanges        uint64
	ViewsEntered       uint64
	Suspected          uint64 // leaders
	Stalled            uint64 // nanoseconds for which the process was descheduled
	Reports            uint64 // suspected sequencers reported to the controller
	Repairs            uint64 // fetches of a part of the leader's log
	DigestMismatches   uint64
	Snapshots          uint64
	SnapshotsInstalled uint64

	// Rejected messages of replicas, by reason.
	StampedDiscarded uint64 // by the OUM receiver; its statistics have the reasons
	BadLength        uint64 // shorter than its fields, or with a wrong length
	BadMagic         uint64
	BadVersion       uint64
	BadKind          uint64
	BadTag           uint64
	BadValue         uint64
	BadSender        uint64
	BadEntry         uint64
	BadSnapshots     uint64
	OldIncarnation   uint64
}

// refuse counts a message that does not parse.
func (c *Counters) refuse(err error) {
	switch err {
	case wire.ErrShort, wire.ErrLength:
		c.BadLength++
	case wire.ErrMagic:
		c.BadMagic++
	case wire.ErrVersion:
		c.BadVersion++
	case wire.ErrKind:
		c.BadKind++
	case wire.ErrTag:
		c.BadTag++
	default:
		c.BadValue++
	}
}

// Status describes a replica to its operator.
type Status struct {
	Replica     int
	Incarnation uint64
	View        wire.View
	LastNormal  wire.View
	Phase       string // "normal", "view-change" or "recovering"
	Leader      int    // of View
	Base        uint64
	LogStart    uint64 // slots at or below it are only in a snapshot
	Snapshot    uint64 // slot of the newest stable snapshot
	SyncPoint   uint64
	Executed    uint64
	LogEnd      uint64
	Missing     uint64 // slots known to exist behind LogEnd
	LogBytes    int
	// WaitingBytes is the total length of the messages in the window. Buffered is the number of messages that the
	// receiver holds, Gaps the number of its open gaps.
	WaitingBytes int
	Buffered     int
	Gaps         int
	LogicalTime  uint64 // nanoseconds
	Clients      int
	Full         bool
	Counters     Counters
	OUM          oumlib.Stats
}

// Recovering reports whether the replica was restarted without its log and has not recovered yet.
func (s *Status) Recovering() bool { return s.Phase == phaseRecovering.String() }

// Status returns the replica's status.
func (c *Core) Status() Status {
	return Status{
		Replica: c.cfg.Self, Incarnation: c.durable.Incarnation,
		View: c.durable.View, LastNormal: c.durable.LastNormal, Phase: c.phase.String(), Leader: c.leader(),
		Base: c.base, LogStart: c.log.start, Snapshot: c.snapshots.stable.slot, SyncPoint: c.syncPoint, Executed: c.executed,
		LogEnd: c.log.end, Missing: c.view.high - c.log.end, LogBytes: c.log.bytes, LogicalTime: c.table.Time(),
		WaitingBytes: c.view.window.bytes, Buffered: c.rx.Buffered(), Gaps: c.rx.Gaps(),
		Clients: c.table.Len(), Full: c.full(), Counters: c.counters, OUM: c.rx.Stats(),
	}
}
