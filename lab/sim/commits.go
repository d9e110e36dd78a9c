package sim

import (
	"math/bits"
	"slices"
	"sort"

	"github.com/netordered/nopaxos/lab/sim/registers"
	"github.com/netordered/nopaxos/replica"
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
	}
}

func (c *checker) crashed(id int) {
	c.w.result.Crashes++
	r := &c.replicas[id]
	r.recovering, r.sp, r.was = false, 0, standing{}
}

func (c *checker) recovering(id int) bool { return c.replicas[id].recovering }

// persisted checks a record against its predecessor (invariant 7), and the view that the replica enters.
func (c *checker) persisted(n *node, r replica.Record) {
	old, h := n.record, &c.replicas[n.id]
	if !lessEq(old.View, r.View) || !lessEq(old.LastNormal, r.LastNormal) || !lessEq(r.LastNormal, r.View) ||
		r.Incarnation < old.Incarnation || r.Epoch < old.Epoch {
		c.w.fail(n.id, "record %+v follows %+v (invariant 7)", r, old)
	}
	if r.Incarnation != old.Incarnation {
		h.recovering, h.recoverFrom = n.restarted && r.View.Session != 0, r.View
	}
	if r.LastNormal != old.LastNormal && r.LastNormal.Session != 0 {
		c.entered(n, r.LastNormal)
	}
}

// entered checks that f+1 replicas formed the view that a replica enters.
func (c *checker) entered(n *node, v wire.View) {
	h := &c.replicas[n.id]
	if h.recovering && !less(h.recoverFrom, v) {
		c.w.fail(n.id, "recovers into view %v, not above its persisted view %v", v, h.recoverFrom)
	}
	h.recovering = false
	leader := v.LeaderOf(c.w.s.replicas)
	if n.id != leader {
		if _, ok := c.bases[v]; !ok {
			c.w.fail(n.id, "enters view %v, which its leader has not started", v)
		}
		return
	}
	if others := bits.OnesCount64(c.changes[v] &^ (1 << leader)); others < c.f {
		c.w.fail(n.id, "enters view %v as leader with the VIEW-CHANGEs of %d others, expected %d", v, others, c.f)
	}
}

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

// reply counts REPLYs. A request is committed once f+1 replicas, the leader among them, have replied, whether or not
// a client receives the replies.
func (c *checker) reply(n *node, m *wire.Reply) {
	if m.Status == wire.StatusFull {
		return
	}
	id := requestID{m.Client, m.ID}
	key := saidKey{n.id, m.View, m.Slot}
	if have, ok := c.said[key]; ok && have != id {
		c.w.fail(n.id, "answers %v#%d and %v#%d at slot %d of view %v", have.client, have.id, id.client, id.id, m.Slot, m.View)
	}
	c.said[key] = id
	c.inItsSlot(n, m)
	leader := m.View.LeaderOf(c.w.s.replicas)
	if n.id == leader {
		c.nothingOpen(n, m)
	}
	t := c.replies[replyKey{m.View, m.Slot, id}]
	if t == nil {
		t = &tally{}
		c.replies[replyKey{m.View, m.Slot, id}] = t
	}
	t.who |= 1 << n.id
	if !t.done && bits.OnesCount64(t.who) > c.f && t.who>>leader&1 == 1 {
		t.done = true
		c.commit(n, m.Slot, commit{view: m.View, request: id})
		c.clients.committed[id] = true
	}
}

// nothingOpen checks that the leader answers nothing behind a NO-OP before f others have it.
func (c *checker) nothingOpen(n *node, m *wire.Reply) {
	for _, slot := range c.open[m.View] {
		if slot < m.Slot {
			c.w.fail(n.id, "answers %v#%d at slot %d while its NO-OP at slot %d is not acknowledged", m.Client, m.ID, m.Slot, slot)
		}
	}
}

// commit checks invariants 1 and 3: a committed slot never changes.
func (c *checker) commit(n *node, slot uint64, new commit) {
	have, ok := c.commits[slot]
	if ok && (have.noOp != new.noOp || have.request != new.request) {
		c.w.fail(n.id, "slot %d commits as %+v, it was committed as %+v (invariants 1, 3)", slot, new, have)
	}
	if !ok {
		c.commits[slot] = new
		if new.noOp {
			c.noOps++
		}
	}
	c.highest = max(c.highest, slot)
}

func (c *checker) gapCommit(m *wire.GapCommit) {
	for _, r := range m.Ranges {
		for slot := r.First; slot <= r.Last; slot++ {
			if key := (viewSlot{m.View, slot}); c.noOpsIn[key] == nil {
				c.noOpsIn[key] = &tally{}
				c.open[m.View] = append(c.open[m.View], slot)
			}
		}
	}
}

func (c *checker) gapCommitRep(n *node, m *wire.GapCommitRep) {
	for _, r := range m.Ranges {
		for slot := r.First; slot <= r.Last; slot++ {
			t := c.noOpsIn[viewSlot{m.View, slot}]
			if t == nil {
				c.w.fail(n.id, "acknowledges NO-OP at slot %d of view %v, which the leader did not decide", slot, m.View)
				return
			}
			t.who |= 1 << n.id
			if !t.done && bits.OnesCount64(t.who) >= c.f {
				t.done = true
				c.close(m.View, slot)
				c.decided = append(c.decided, viewSlot{m.View, slot})
			}
		}
	}
}

// settled counts NO-OPs that f followers acknowledged as committed once the leader's own log reaches them. Until then
// the leader's decision waits behind an open gap: the leader answers nothing behind it, and abandons it with the
// view.
func (c *checker) settled(n *node, s *observed) {
	if len(c.decided) == 0 || !s.normal || s.view.LeaderOf(c.w.s.replicas) != n.id {
		return
	}
	c.decided = slices.DeleteFunc(c.decided, func(d viewSlot) bool {
		if d.view == s.view && d.slot <= s.end {
			c.commit(n, d.slot, commit{view: d.view, noOp: true})
			return true
		}
		return less(d.view, s.view)
	})
}

func (c *checker) close(view wire.View, slot uint64) {
	open := c.open[view]
	for i, s := range open {
		if s == slot {
			c.open[view] = append(open[:i], open[i+1:]...)
			return
		}
	}
}

// startView checks that views form a chain (invariant 10) and that a view starts with everything committed before
// (invariants 1, 3).
func (c *checker) startView(n *node, m *wire.StartView) {
	base, known := c.bases[m.View]
	if known && base != m.Base {
		c.w.fail(n.id, "START-VIEW %v has base %d, it had base %d (invariant 7)", m.View, m.Base, base)
	}
	c.bases[m.View] = m.Base
	c.isStable(n, m.SP, m.DigestSP)
	at := viewSlot{m.View, m.End}
	if have, ok := c.ends[at]; ok && have != m.DigestEnd {
		c.w.fail(n.id, "START-VIEW %v has digest %v at its end %d, it had %v", m.View, m.DigestEnd, m.End, have)
	}
	c.ends[at] = m.DigestEnd
	if !known {
		for _, v := range c.started {
			if !lessEq(v, m.View) && !lessEq(m.View, v) {
				c.w.fail(n.id, "views %v and %v were both started (invariant 10)", v, m.View)
			}
		}
		c.started = append(c.started, m.View)
	}
	if m.WithLog {
		c.numbered(n, m.Kind(), m.Entries, m.Base, m.View.Session)
		c.restores(n, m)
	}
}

// restores checks a new view's log against the commits of lower views.
func (c *checker) restores(n *node, m *wire.StartView) {
	at := 0
	for slot := m.SP + 1; slot <= c.highest; slot++ {
		have, ok := c.commits[slot]
		if !ok || !less(have.view, m.View) {
			continue
		}
		if slot > m.End {
			c.w.fail(n.id, "START-VIEW %v ends at slot %d; slot %d was committed in view %v (invariant 1)", m.View, m.End, slot, have.view)
			return
		}
		for at < len(m.Entries) && m.Entries[at].Last() < slot {
			at++
		}
		if at == len(m.Entries) {
			return
		}
		if e := m.Entries[at]; have.noOp != (e.Kind == wire.EntryNoOp) || !have.noOp && have.request != identity(e) {
			c.w.fail(n.id, "START-VIEW %v has %s; slot %d was committed as %+v (invariants 1, 3)", m.View, c.w.text.Entry(e), slot, have)
		}
	}
}

func identity(e wire.Entry) requestID {
	m, err := wire.ParseRequest(e.Payload)
	if err != nil || e.Kind != wire.EntryRequest {
		return requestID{}
	}
	return requestID{m.Client, m.ID}
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

// executions compares a replica's executions at or below its sync point with those of all replicas (invariants 5 and
// 6).
func (c *checker) executions(n *node, sp uint64) {
	if newest, restored := n.machine.Restored(); restored {
		c.w.result.Snapshots++
		if newest.Slot > 0 {
			c.same(n, &newest)
		}
	}
	stable := n.machine.Stable(sp)
	for i := range stable {
		c.same(n, &stable[i])
	}
}

func (c *checker) same(n *node, e *registers.Execution) {
	last := registers.Execution{}
	if k := len(c.stable); k > 0 {
		last = c.stable[k-1]
	}
	if e.Slot > last.Slot {
		if !e.Follows(&last) {
			c.w.fail(n.id, "op%d executed at stable slot %d behind a history that differs from the other replicas' (invariant 5)", e.UID, e.Slot)
		}
		c.stable = append(c.stable, *e)
		return
	}
	i := sort.Search(len(c.stable), func(i int) bool { return c.stable[i].Slot >= e.Slot })
	if i == len(c.stable) || c.stable[i].Slot != e.Slot || !c.stable[i].Same(e) {
		c.w.fail(n.id, "op%d executed at stable slot %d: other replicas executed something else up to there (invariant 5)", e.UID, e.Slot)
	}
}
