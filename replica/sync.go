package replica

import (
	"slices"
	"time"

	"github.com/netordered/nopaxos/monotime"
	"github.com/netordered/nopaxos/replica/wire"
)

// syncState is the state of synchronization (OSDI 2016 §5.6).
type syncState struct {
	// Leader.
	open     bool // a sync point is proposed; there is one proposal at a time
	p        uint64
	digest   wire.Digest
	acks     set
	began    time.Duration
	repeated bool // an answer no longer measures the round trip
	sendAt   time.Duration
	nextAt   time.Duration // when the next one is proposed, even of few slots
	done     []uint64      // last p that each replica answered

	// Follower.
	pending wire.SyncPrepare // the newest one not answered yet; P is 0 if there is none
}

// target returns the sync point that the leader has proposed to this follower, or 0.
func (s *syncState) target() uint64 { return s.pending.P }

func (c *Core) startSync() {
	c.view.sync = syncState{done: make([]uint64, c.cfg.N), nextAt: c.now + c.cfg.SyncInterval, sendAt: monotime.Never}
	for i := range c.view.sync.done {
		c.view.sync.done[i] = c.syncPoint
	}
}

// trySyncPrepare proposes the executed prefix as the next sync point, if one is due.
func (c *Core) trySyncPrepare() {
	s := &c.view.sync
	if s.open || c.executed <= c.syncPoint || (c.executed < c.syncPoint+c.cfg.SyncSlots && c.now < s.nextAt) {
		return
	}
	s.nextAt = c.now + c.cfg.SyncInterval
	if c.f == 0 {
		c.viewWorks()
		c.advanceStable(c.executed)
		return
	}
	s.open, s.p, s.digest, s.acks, s.began = true, c.executed, c.log.digestAt(c.executed), set{}, c.now
	s.repeated = false
	c.sendSyncPrepare()
}

func (c *Core) sendSyncPrepare() {
	s := &c.view.sync
	s.sendAt = c.now + c.cfg.Retransmit
	q := s.p
	for i, done := range s.done {
		if i != c.cfg.Self {
			q = min(q, done)
		}
	}
	m := &c.messages.syncPrepare
	*m = wire.SyncPrepare{P: s.p, DigestP: s.digest, SP: c.syncPoint, DigestSP: c.log.digestAt(c.syncPoint), Q: max(q, c.log.start)}
	m.NoOps, m.WithNoOps = c.log.noOpsIn(m.Q, m.P, c.maxRanges())
	c.sendAll(m)
}

// tickSync proposes a sync point that is due and repeats an unanswered proposal.
func (c *Core) tickSync() {
	if !c.isLeader() {
		return
	}
	c.trySyncPrepare()
	if c.view.sync.open && c.now >= c.view.sync.sendAt {
		c.view.sync.repeated = true
		c.sendSyncPrepare()
	}
}

func (c *Core) syncDeadline() time.Duration {
	switch s := &c.view.sync; {
	case !c.isLeader():
		return monotime.Never
	case s.open:
		return s.sendAt
	case c.executed > c.syncPoint:
		return s.nextAt
	}
	return monotime.Never
}

// onSyncRep counts a follower whose log agrees up to p.
func (c *Core) onSyncRep(from int, m *wire.SyncRep) {
	s := &c.view.sync
	if !c.leads() || m.P > c.executed {
		return
	}
	s.done[from] = max(s.done[from], m.P)
	if !s.open || m.P != s.p {
		return
	}
	if s.acks.count() == 0 && !s.repeated {
		c.measure(c.now - s.began)
	}
	if s.acks.add(from); s.acks.count() < c.f {
		return
	}
	s.open, s.sendAt = false, monotime.Never
	c.viewWorks()
	c.advanceStable(s.p)
	c.messages.syncCommit = wire.SyncCommit{P: s.p, DigestP: s.digest}
	c.sendAll(&c.messages.syncCommit)
	c.trySyncPrepare()
}

// measure smooths the round trip to the fastest follower with a gain of 1/8.
func (c *Core) measure(rtt time.Duration) {
	if c.rtt == 0 {
		c.rtt = max(rtt, 1)
		return
	}
	c.rtt += (rtt - c.rtt) / 8
}

// advanceStable moves the sync point to p, up to which f+1 replicas hold the same log.
func (c *Core) advanceStable(p uint64) {
	if p <= c.syncPoint || p > c.log.end {
		c.fail("sync point from %d to %d, log ends at %d", c.syncPoint, p, c.log.end)
	}
	c.syncPoint = p
	c.executeStable()
	c.table.Release(p)
	if c.undo != nil {
		c.undo.Release(p)
	}
	c.promoteSnapshot()
	c.truncate()
	c.maybeSnapshot()
}

// onSyncPrepare stores the proposal; trySync answers it when the log is complete to P.
func (c *Core) onSyncPrepare(from int, m *wire.SyncPrepare) {
	if from != c.leader() {
		return
	}
	c.learnStable(m.SP, m.DigestSP)
	if m.P <= c.syncPoint {
		c.sendSyncRep(m.P)
		return
	}
	if c.view.sync.pending.P > m.P {
		return
	}
	c.view.sync.pending = *m // whose NO-OPs do not alias the frame
	if c.log.end < m.P {
		c.onMissing(c.log.end+1, m.P)
	}
	c.trySync()
}

// trySync applies the NO-OPs of the pending SYNC-PREPARE and answers it, if the log is complete to P and the
// digests agree.
func (c *Core) trySync() {
	m := &c.view.sync.pending
	if m.P == 0 || c.log.end < m.P {
		return
	}
	for _, r := range m.NoOps {
		c.takeNoOps(r)
	}
	if c.syncPoint < m.P && c.log.digestAt(m.P) != m.DigestP {
		c.counters.DigestMismatches++
		c.startRepair(m.P, m.DigestP, false)
		return
	}
	c.sendSyncRep(m.P)
	c.view.sync.pending = wire.SyncPrepare{}
}

func (c *Core) sendSyncRep(p uint64) {
	c.messages.syncRep = wire.SyncRep{P: p}
	c.send(c.leader(), &c.messages.syncRep)
}

func (c *Core) onSyncCommit(from int, m *wire.SyncCommit) {
	if from == c.leader() {
		c.learnStable(m.P, m.DigestP)
	}
}

// learnStable moves the sync point to p if the digest of this replica's log agrees, and otherwise fetches the
// leader's entries: a follower that missed a GAP-COMMIT has every slot but the wrong contents.
func (c *Core) learnStable(p uint64, digest wire.Digest) {
	if p <= c.syncPoint {
		return
	}
	if c.log.end >= p && c.log.digestAt(p) == digest {
		c.viewWorks()
		c.advanceStable(p)
		return
	}
	if c.log.end < p {
		// The missing messages are requested slot by slot.
		c.onMissing(c.log.end+1, p)
		return
	}
	c.startRepair(p, digest, true)
}

// repair is a follower's fetch of the leader's entries (sync point, p], in status normal.
type repair struct {
	p      uint64
	digest wire.Digest // of the leader's log at p; zero if it is not known
	stable bool        // p is a sync point
}

func (c *Core) startRepair(p uint64, digest wire.Digest, stable bool) {
	if r := c.view.repair; r != nil && (r.p > p || r.p == p && !stable) {
		return
	}
	c.view.repair = &repair{p: p, digest: digest, stable: stable}
	c.counters.Repairs++
	c.startFetch(&fetch{purpose: fetchRepair, from: c.leader(), view: c.durable.View, lastNormal: c.durable.View, start: c.syncPoint, have: c.syncPoint, want: p})
}

// repairFetched replaces exactly the fetched slots. The entries behind them stay, because they were acknowledged.
func (c *Core) repairFetched(f *fetch) {
	r := c.view.repair
	c.view.repair = nil
	l := &viewLog{view: c.durable.View, base: c.base, start: f.start, snapshot: f.snapshot, entries: f.entries}
	if f.snapshot != nil {
		l.start = f.snapshot.slot
	}
	if l.start < c.syncPoint {
		// The sync point has moved meanwhile.
		l.entries = slices.DeleteFunc(l.entries, func(e wire.Entry) bool { return e.Last() <= c.syncPoint })
		if l.snapshot, l.start = nil, c.syncPoint; l.end() <= c.syncPoint {
			c.afterRepair()
			return
		}
		if e := &l.entries[0]; e.Slot <= c.syncPoint {
			skip := c.syncPoint + 1 - e.Slot
			e.Slot, e.Number, e.Count = e.Slot+skip, e.Number+skip, e.Count-skip
		}
	} else if l.start == c.syncPoint {
		l.snapshot = nil
	}
	known := r.digest != (wire.Digest{}) && l.end() == r.p
	if known && c.viewLogDigest(l) != r.digest {
		c.counters.DigestMismatches++
		c.afterRepair()
		return
	}
	if end := l.end(); end < c.log.end {
		l.entries = append(l.entries, cloneEntries(c.log.entries(nil, end, c.log.end, wholeLog))...)
	}
	c.replaceLog(l)
	c.view.high = max(c.view.high, c.log.end)
	if known && r.stable && r.p > c.syncPoint {
		c.viewWorks()
		c.advanceStable(r.p)
	}
	c.executeStable()
	c.resetLogTime()
	c.afterRepair()
}

// afterRepair continues after a repair.
func (c *Core) afterRepair() {
	c.advance()
	if c.phase == phaseNormal && c.view.high > c.log.end {
		c.scheduleGaps()
	}
}
