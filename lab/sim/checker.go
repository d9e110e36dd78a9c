package sim

import (
	"math/bits"

	"github.com/netordered/nopaxos/lab/sim/registers"
	"github.com/netordered/nopaxos/replica/wire"
)

// checker checks what replicas send, persist and execute against the invariants of the protocol. It uses only
// messages, state machines and Status, so it does not depend on the implementation of a core.
type checker struct {
	w *world
	f int

	digests map[uint64]wire.Digest // of every slot reported stable
	commits map[uint64]commit
	highest uint64 // committed slot

	replies map[replyKey]*tally
	said    map[saidKey]requestID    // by replica: its reply at a slot
	noOpsIn map[viewSlot]*tally      // NO-OP decisions
	decided []viewSlot               // NO-OPs acknowledged by f followers that the leader's log does not reach
	open    map[wire.View][]uint64   // NO-OPs decided by the leader and not yet acknowledged by f
	agreed  map[viewSlot]uint64      // bit mask of replicas that sent SYNC-REP for a slot
	changes map[wire.View]uint64     // bit mask of replicas that sent VIEW-CHANGE
	started []wire.View              // views with a START-VIEW
	bases   map[wire.View]uint64     // of started views
	ends    map[viewSlot]wire.Digest // of started views

	numbers  map[uint32]uint64 // last message number of every session
	messages map[stamp]message
	homes    map[uint32]int // target of an installed session
	sessions int
	noOps    int

	replicas []replicaHistory
	stable   []registers.Execution // executions at or below a sync point, in order
	clients  acknowledgements
	times    logicalTime
}

// replicaHistory is the state of a replica's process and its promises.
type replicaHistory struct {
	recovering  bool      // restarted and not yet in status normal
	recoverFrom wire.View // persisted view at the restart
	sp          uint64    // of this process
	failed      bool      // the core's error was reported
	was         standing
}

type requestID struct {
	client wire.ClientID
	id     uint64
}

type commit struct {
	view    wire.View
	noOp    bool
	request requestID
}

type replyKey struct {
	view    wire.View
	slot    uint64
	request requestID
}

type saidKey struct {
	replica int
	view    wire.View
	slot    uint64
}

type viewSlot struct {
	view wire.View
	slot uint64
}

// tally is a set of replicas.
type tally struct {
	who  uint64
	done bool
}

func newChecker(w *world) *checker {
	return &checker{
		w: w, f: w.s.replicas / 2,
		digests: map[uint64]wire.Digest{}, commits: map[uint64]commit{},
		replies: map[replyKey]*tally{}, said: map[saidKey]requestID{}, noOpsIn: map[viewSlot]*tally{},
		open: map[wire.View][]uint64{}, agreed: map[viewSlot]uint64{}, changes: map[wire.View]uint64{},
		bases: map[wire.View]uint64{}, ends: map[viewSlot]wire.Digest{},
		numbers: map[uint32]uint64{}, messages: map[stamp]message{}, homes: map[uint32]int{},
		clients:  acknowledgements{sent: map[uint64]requestID{}, committed: map[requestID]bool{}},
		replicas: make([]replicaHistory, w.s.replicas),
		times:    logicalTime{last: make([]tick, w.s.replicas)},
	}
}

func (c *checker) crashed(id int) {
	c.w.result.Crashes++
	r := &c.replicas[id]
	r.recovering, r.sp, r.was = false, 0, standing{}
}

func (c *checker) recovering(id int) bool { return c.replicas[id].recovering }

// sent checks a message of a replica to a node, or to all replicas if to is -1.
func (c *checker) sent(n *node, to int, frame []byte) {
	w := c.w
	if w.cfg.Trace != nil {
		where := "to all"
		if to >= 0 {
			where = "to " + w.name(to)
		}
		w.trace(n.id, where, frame)
	}
	kind, body, err := w.keys.Open(frame)
	if err != nil {
		w.fail(n.id, "sends a frame that does not open: %v", err)
		return
	}
	if kind == wire.KindReply {
		m, err := wire.ParseReply(body)
		if err != nil {
			w.fail(n.id, "sends a REPLY that does not parse: %v", err)
			return
		}
		c.promised(n, kind, m.View)
		c.reply(n, &m)
		return
	}
	m, err := wire.Parse(kind, body)
	if err != nil {
		w.fail(n.id, "sends a %v that does not parse: %v", kind, err)
		return
	}
	c.promised(n, kind, m.Head().View)
	c.message(n, m)
}

// promised checks invariant 4, and that a recovering replica sends only requests for state.
func (c *checker) promised(n *node, kind wire.Kind, view wire.View) {
	if c.recovering(n.id) {
		if kind != wire.KindRecover && kind != wire.KindFetch && kind != wire.KindFetchSnapshot {
			c.w.fail(n.id, "sends %v %v while recovering", kind, view)
		}
		return
	}
	if view != n.record.View {
		c.w.fail(n.id, "sends %v of view %v, its durable promise is %v (invariant 4)", kind, view, n.record.View)
	}
}

func (c *checker) message(n *node, m wire.Message) {
	switch m := m.(type) {
	case *wire.GapCommit:
		c.gapCommit(m)
	case *wire.GapCommitRep:
		c.gapCommitRep(n, m)
	case *wire.ViewChange:
		c.changes[m.View] |= 1 << n.id
		c.isStable(n, m.SP, m.DigestSP)
		c.numbered(n, m.Kind(), m.Entries, m.Base, m.LastNormal.Session)
	case *wire.StartView:
		c.startView(n, m)
	case *wire.SlotEntries:
		c.authentic(n, m.Kind(), m.Entries)
	case *wire.FetchLog:
		c.authentic(n, m.Kind(), m.Entries)
	case *wire.SyncRep:
		c.agreed[viewSlot{m.View, m.P}] |= 1 << n.id
	case *wire.SyncPrepare:
		c.isStable(n, m.SP, m.DigestSP)
	case *wire.SyncCommit:
		if got := bits.OnesCount64(c.agreed[viewSlot{m.View, m.P}]); got < c.f {
			c.w.fail(n.id, "SYNC-COMMIT of slot %d after %d SYNC-REPs, expected %d", m.P, got, c.f)
		}
		c.isStable(n, m.P, m.DigestP)
	}
}

// isStable checks invariant 2: a stable slot has the same digest at all replicas.
func (c *checker) isStable(n *node, slot uint64, digest wire.Digest) {
	if have, ok := c.digests[slot]; ok && have != digest {
		c.w.fail(n.id, "digest at stable slot %d is %v, another replica's was %v (invariant 2)", slot, digest, have)
	}
	c.digests[slot] = digest
}

// numbered checks invariant 8: the slot of an entry behind base is base + its number.
func (c *checker) numbered(n *node, kind wire.Kind, entries []wire.Entry, base uint64, session uint32) {
	c.authentic(n, kind, entries)
	for _, e := range entries {
		if e.Slot > base && (e.Session != session || e.Slot != base+e.Number) {
			c.w.fail(n.id, "%v has entry %s behind base %d (invariant 8)", kind, c.w.text.Entry(e), base)
		}
	}
}

// replica checks a replica after each of its steps.
func (c *checker) replica(n *node) {
	h := &c.replicas[n.id]
	if err := n.core.Err(); err != nil && !h.failed {
		h.failed = true
		c.w.fail(n.id, "core stopped: %v", err)
		return
	}
	status := n.core.Status()
	s := seen(&status)
	if s.sp < h.sp {
		c.w.fail(n.id, "sync point goes back from %d to %d (invariant 7)", h.sp, s.sp)
	}
	h.sp = s.sp
	c.settled(n, &s)
	c.bounds(n, &status)
	c.executions(n, s.sp)
	c.kept(n, &s)
}
