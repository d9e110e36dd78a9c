package replica

import (
	"slices"
	"time"

	"github.com/netordered/nopaxos/monotime"
	"github.com/netordered/nopaxos/replica/wire"
)

// assembled is the log of a view that is about to be entered, made beside the old one: entries
// behind start, which is one's own sync point or that of a snapshot.
type viewLog struct {
	view     wire.View
	base     uint64
	sp       uint64
	start    uint64
	snapshot *snapshot // if start is its slot
	entries  []wire.Entry
}

func (l *viewLog) end() uint64 {
	if n := len(l.entries); n > 0 {
		return l.entries[n-1].Last()
	}
	return l.start
}

// take appends what was fetched behind the end.
func (l *viewLog) take(f *fetch) {
	if f.snapshot != nil {
		l.start, l.snapshot, l.entries = f.snapshot.slot, f.snapshot, nil
	}
	l.entries = append(l.entries, f.entries...)
}

// assembly is a follower's way into a view: the newest START-VIEW, and what is there of its log.
type catchUp struct {
	viewLog
	target wire.StartView // without entries
	anew   bool           // everything behind start comes from the leader
}

// startView is the leader's announcement of its view, until everyone has answered.
type startView struct {
	at    time.Duration // when it is repeated; monotime.Never if all have answered
	delay time.Duration
	acks  set
}

// startViewMessage is START-VIEW with the leader's current sync point and end.
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

// tickStartView repeats START-VIEW, without the log, to those who have not answered.
func (c *Core) tickStartView() {
	b := &c.view.startView
	if c.now < b.at {
		return
	}
	b.delay = min(2*b.delay, 64*c.cfg.Retransmit)
	b.at = c.now + b.delay
	for i := range c.cfg.N {
		if i != c.cfg.Self && !b.acks.has(i) {
			c.send(i, c.startViewMessage(false))
		}
	}
}

func (c *Core) onStartViewRep(from int) {
	if !c.leads() {
		return
	}
	if c.view.startView.acks.add(from); c.view.startView.acks.count() == c.cfg.N-1 {
		c.view.startView.at = monotime.Never
	}
}

// onStartView takes the announcement of the replica's view, unless it has entered that already.
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
		return // older than what is known
	}
	up.base, up.sp = m.Base, m.SP
	up.target = *m
	up.target.Entries = nil
	if !up.anew {
		c.reuse(up, m)
	}
	c.continueCatchUp()
}

// keepPrefetched keeps what was fetched for a view that is left before it was entered, up to that view's
// sync point: below it every later view's log is the same. A replica that lacks much would else start
// from nothing in each view, and may never come to the end where the views are short.
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

// reuse takes what one's own log, that of a view that was not entered and the START-VIEW itself have of
// the new log.
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

// appendBehind appends the part of an entry that lies behind end, if it joins on.
func appendBehind(entries []wire.Entry, end uint64, e wire.Entry) []wire.Entry {
	if e.Last() <= end || e.Slot > end+1 {
		return entries
	}
	if skip := end + 1 - e.Slot; skip > 0 {
		e.Slot, e.Number, e.Count = e.Slot+skip, e.Number+skip, e.Count-skip
	}
	return append(entries, e)
}

// assemble fetches what the new log lacks, and enters the view when it is complete and has the
// digest that its leader announced.
func (c *Core) continueCatchUp() {
	up := c.view.catchUp
	switch end := up.end(); {
	case end < up.target.End:
		c.startFetch(&fetch{purpose: fetchEnter, from: int(up.target.Replica), view: up.view, lastNormal: up.view, start: end, have: end, want: up.target.End})
		return
	case end > up.target.End:
		// A snapshot, or an older START-VIEW's log, is ahead of the newest START-VIEW's end: the
		// leader is asked for its current one.
		c.view.change.sendAt, c.recovery.sendAt = c.now, c.now
		return
	}
	if c.viewLogDigest(&up.viewLog) != up.target.DigestEnd {
		c.counters.DigestMismatches++
		up.anew, c.prefetched = true, nil
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

// viewLogDigest is the digest at the end of an assembled log.
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

// enter replaces the log by an assembled one and starts to take part in its view: one step, from
// the old log to the new one.
func (c *Core) enter(l *viewLog) {
	c.assert(c.durable.LastNormal.Less(l.view) && c.durable.View.LessEq(l.view), "entering %v from last-normal %v", l.view, c.durable.LastNormal)
	c.assert(l.base <= l.end() && l.sp <= l.end() && c.syncPoint <= l.end(), "entering %v with base %d, sync points %d and %d, end %d",
		l.view, l.base, l.sp, c.syncPoint, l.end())
	// While it recovers, the receiver may have met a session above that of the view.
	if c.rx.Session() <= l.view.Session {
		c.rx.Hold(l.view.Session)
		c.putBackLog(l)
	}
	c.replaceLog(l)

	c.durable.View, c.durable.LastNormal = l.view, l.view
	c.persist()
	c.view.catchUp, c.prefetched = nil, nil // entered: nothing is left of it to keep
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

// putBackLog hands the messages of the view's session that the new log has no place for yet back to
// the receiver. They come again by their number, never by a slot: else each view change would
// make NO-OPs of what was in flight.
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

// replaceLog puts an assembled log in place of the old one, keeping what is the same, and rolls
// back what was executed and differs.
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

// announce says in the new view what the old one may have left unsaid: the leader its log, then
// everyone the REPLYs for the suffix.
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
