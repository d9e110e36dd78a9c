package replica

import (
	"slices"
	"time"

	"github.com/netordered/nopaxos/monotime"
	"github.com/netordered/nopaxos/replica/wire"
)

// viewLog is the log of a view that the replica is about to enter, built beside the old log. Its entries begin
// behind start, which is the replica's sync point or the slot of a snapshot.
type viewLog struct {
	view     wire.View
	base     uint64
	sp       uint64
	start    uint64
	snapshot *snapshot // at start, or nil
	entries  []wire.Entry
}

func (l *viewLog) end() uint64 {
	if n := len(l.entries); n > 0 {
		return l.entries[n-1].Last()
	}
	return l.start
}

// take appends fetched entries.
func (l *viewLog) take(f *fetch) {
	if f.snapshot != nil {
		l.start, l.snapshot, l.entries = f.snapshot.slot, f.snapshot, nil
	}
	l.entries = append(l.entries, f.entries...)
}

// catchUp is the progress of a follower on its way into a view: the newest START-VIEW, and the part of its log
// that is here.
type catchUp struct {
	viewLog
	target   wire.StartView // without entries
	fetchAll bool           // fetch everything behind start from the leader
}

// startView tracks the leader's START-VIEW until all replicas have answered.
type startView struct {
	at    time.Duration // when it is sent again; monotime.Never if all have answered
	delay time.Duration
	acks  set
}

// startViewMessage returns START-VIEW with the leader's current sync point and end.
func (c *Core) startViewMessage(withLog bool) *wire.StartView {
	m := &wire.StartView{
		Base: c.base, SP: c.syncPoint, DigestSP: c.log.digestAt(c.syncPoint),
		End: c.log.end, DigestEnd: c.log.digestAt(c.log.end), WithLog: withLog,
	}
	if withLog {
		m.Entries = c.log.entries(nil, c.syncPoint, c.log.end, wholeLog)
	}
	return m
}

// tickStartView resends START-VIEW, without the log, to the replicas that have not answered.
func (c *Core) tickStartView() {
	s := &c.view.startView
	if c.now < s.at {
		return
	}
	s.delay = min(2*s.delay, 64*c.cfg.Retransmit)
	s.at = c.now + s.delay
	for i := range c.cfg.N {
		if i != c.cfg.Self && !s.acks.has(i) {
			c.send(i, c.startViewMessage(false))
		}
	}
}

func (c *Core) onStartViewRep(from int) {
	if !c.leads() {
		return
	}
	s := &c.view.startView
	if s.acks.add(from); s.acks.count() == c.cfg.N-1 {
		s.at = monotime.Never
	}
}

// onStartView starts or continues the way into the announced view, unless the replica has entered it already.
func (c *Core) onStartView(from int, m *wire.StartView) {
	if from != m.View.LeaderOf(c.cfg.N) {
		return
	}
	if c.phase == phaseNormal {
		c.send(from, &wire.StartViewRep{})
		return
	}
	c.assert(c.durable.LastNormal.Less(m.View), "START-VIEW for %v, last-normal is %v", m.View, c.durable.LastNormal)
	up := c.view.catchUp
	if up != nil && m.View.Less(up.view) {
		return
	}
	if up == nil || up.view != m.View {
		c.keepPrefetched()
		up = &catchUp{}
		up.view, up.start = m.View, c.syncPoint
		c.view.catchUp, c.view.fetch = up, nil
	} else if m.End < up.target.End {
		return // older than the newest one
	}
	up.base, up.sp = m.Base, m.SP
	up.target = *m
	up.target.Entries = nil
	if !up.fetchAll {
		c.reuse(up, m)
	}
	c.continueCatchUp()
}

// keepPrefetched keeps what was fetched for a view that the replica leaves before it has entered it, up to that
// view's sync point: every later view's log is the same up to there. Without it a replica that lacks a long log
// would fetch it from the start in every view, and never finish if views are short.
func (c *Core) keepPrefetched() {
	up := c.view.catchUp
	if up == nil {
		return
	}
	if f := c.view.fetch; f != nil && f.purpose == fetchEnter {
		up.take(f)
	}
	k := up.viewLog
	for n := len(k.entries); n > 0 && k.entries[n-1].Last() > k.sp; n = len(k.entries) {
		k.entries = k.entries[:n-1]
	}
	if k.end() > c.syncPoint && (c.prefetched == nil || k.end() > c.prefetched.end()) {
		c.prefetched = &k
	}
}

// reuse takes parts of the new log from the replica's own log, from prefetched and from the START-VIEW itself.
func (c *Core) reuse(up *catchUp, m *wire.StartView) {
	own := func(slot uint64, digest wire.Digest) {
		if up.end() < slot && up.snapshot == nil && len(up.entries) == 0 && c.log.end >= slot && c.log.digestAt(slot) == digest {
			up.entries = cloneEntries(c.log.entries(nil, up.start, slot, wholeLog))
		}
	}
	own(m.End, m.DigestEnd)
	own(m.SP, m.DigestSP)
	if k := c.prefetched; k != nil && up.end() < k.end() && k.end() <= m.End {
		up.start, up.snapshot, up.entries = k.start, k.snapshot, slices.Clip(k.entries)
	}
	if m.WithLog && m.SP <= up.end() {
		for _, e := range cloneEntries(m.Entries) {
			up.entries = appendBehind(up.entries, up.end(), e)
		}
	}
}

// appendBehind appends the part of an entry above end, if it is adjacent.
func appendBehind(entries []wire.Entry, end uint64, e wire.Entry) []wire.Entry {
	if e.Last() <= end || e.Slot > end+1 {
		return entries
	}
	if skip := end + 1 - e.Slot; skip > 0 {
		e.Slot, e.Number, e.Count = e.Slot+skip, e.Number+skip, e.Count-skip
	}
	return append(entries, e)
}

// continueCatchUp fetches what the new log lacks, and enters the view when the log is complete and has the digest
// that the leader announced.
func (c *Core) continueCatchUp() {
	up := c.view.catchUp
	switch end := up.end(); {
	case end < up.target.End:
		c.startFetch(&fetch{purpose: fetchEnter, from: int(up.target.Replica), view: up.view, lastNormal: up.view, start: end, have: end, want: up.target.End})
		return
	case end > up.target.End:
		// A snapshot, or the log of an older START-VIEW, ends behind the newest START-VIEW: ask the leader for
		// its current one.
		c.view.change.sendAt, c.recovery.sendAt = c.now, c.now
		return
	}
	if c.viewLogDigest(&up.viewLog) != up.target.DigestEnd {
		c.counters.DigestMismatches++
		up.fetchAll, c.prefetched = true, nil
		up.start, up.snapshot, up.entries = c.syncPoint, nil, nil
		c.assert(up.end() <= up.target.End, "START-VIEW for %v ends at %d, below the sync point %d", up.view, up.target.End, c.syncPoint)
		if up.end() == up.target.End {
			c.fail("START-VIEW for %v has another digest at the sync point %d", up.view, c.syncPoint)
		}
		c.view.fetch = nil
		c.continueCatchUp()
		return
	}
	c.enter(&up.viewLog)
}

// viewLogDigest returns the digest at the end of a view's log.
func (c *Core) viewLogDigest(l *viewLog) wire.Digest {
	digest := c.startDigest(l)
	for _, e := range l.entries {
		digest = c.log.chainEntry(digest, e)
	}
	return digest
}

func (c *Core) startDigest(l *viewLog) wire.Digest {
	if l.snapshot != nil {
		return l.snapshot.digest
	}
	return c.log.digestAt(l.start)
}

// enter replaces the log by that of a view and enters the view, in one step.
func (c *Core) enter(l *viewLog) {
	c.assert(c.durable.LastNormal.Less(l.view) && c.durable.View.LessEq(l.view), "entering %v from last-normal %v", l.view, c.durable.LastNormal)
	c.assert(l.base <= l.end() && l.sp <= l.end() && c.syncPoint <= l.end(), "entering %v with base %d, sync points %d and %d, end %d",
		l.view, l.base, l.sp, c.syncPoint, l.end())
	// While the replica recovers, its receiver may have seen a session above that of the view.
	if c.rx.Session() <= l.view.Session {
		c.rx.Hold(l.view.Session)
		c.putBackLog(l)
	}
	c.replaceLog(l)

	c.durable.View, c.durable.LastNormal = l.view, l.view
	c.persist()
	c.view.catchUp, c.prefetched = nil, nil // the log has all of it
	c.dropIncoming()
	c.leaveView()
	c.phase, c.base, c.view.enteredAt = phaseNormal, l.base, c.now
	c.counters.ViewsEntered++
	c.startHealth()
	if l.sp > c.syncPoint {
		c.advanceStable(l.sp)
	}
	c.resetLogTime()
	c.startSync()
	c.announce()
	if session := max(c.recovery.session, c.rx.Session()); session > l.view.Session {
		c.newSession(session)
		return
	}
	if l.view.Session != 0 {
		c.rx.Listen(l.view.Session, c.log.end-c.base+1)
	}
	c.drain()
}

// putBackLog returns messages of the view's session behind the end of the new log to the receiver, which delivers
// them again by their number. Without it each view change would turn messages in flight into NO-OPs.
func (c *Core) putBackLog(l *viewLog) {
	if c.durable.LastNormal.Session != l.view.Session {
		return
	}
	after := l.end() - l.base
	for slot := c.log.start + 1; slot <= c.log.end; slot++ {
		if e := c.log.at(slot); e.kind != wire.EntryNoOp && e.session == l.view.Session && e.number > after {
			c.putBack(e.session, e.number, e.payload)
		}
	}
}

// replaceLog replaces the log by that of a view. It keeps the common prefix and rolls back what was executed
// behind it.
func (c *Core) replaceLog(l *viewLog) {
	if s := l.snapshot; s != nil {
		c.installStable(s)
	}
	keep, digest := l.start, c.log.digestAt(l.start)
	rest := l.entries
	for len(rest) > 0 {
		e := rest[0]
		digest = c.log.chainEntry(digest, e)
		if e.Last() > c.log.end || c.log.digestAt(e.Last()) != digest {
			break
		}
		keep, rest = e.Last(), rest[1:]
	}
	c.rollback(keep)
	c.log.cut(keep)
	for _, e := range rest {
		for i := uint64(0); i < e.Count; i++ {
			slot := c.log.end + 1
			c.assert(slot <= l.base || e.Session == l.view.Session && e.Number+i == slot-l.base,
				"entry of session %d, number %d for slot %d with base %d", e.Session, e.Number+i, slot, l.base)
			c.log.append(e.Kind, e.Session, e.Number+i, e.Payload)
		}
	}
}

// announce sends the leader's START-VIEW, or a follower's answer to it, and the REPLYs for the suffix of the log,
// which may not have been sent in the old view.
func (c *Core) announce() {
	if !c.isLeader() {
		c.send(c.leader(), &wire.StartViewRep{})
		for slot := c.syncPoint + 1; slot <= c.log.end; slot++ {
			if e := c.log.at(slot); e.kind == wire.EntryRequest {
				c.replyLogged(slot, e.payload)
			}
		}
		return
	}
	if c.cfg.N > 1 {
		c.view.startView = startView{at: c.now + c.cfg.Retransmit, delay: c.cfg.Retransmit}
		c.sendAll(c.startViewMessage(true))
	}
	for slot := c.syncPoint + 1; slot <= c.executed; slot++ {
		if e := c.log.at(slot); e.kind == wire.EntryRequest {
			req := c.parseRequest(slot, e.payload)
			c.answer(slot, &req)
		}
	}
	c.executeLeader()
}
