package replica

import (
	"slices"
	"time"

	"github.com/netordered/nopaxos/monotime"
	"github.com/netordered/nopaxos/replica/wire"
)

// assembled is the log of a view that is about to be entered, made beside the old one: entries
// behind start, which is one's own sync point or that of a snapshot.
type assembled struct {
	view     wire.View
	base     uint64
	sp       uint64
	start    uint64
	snapshot *snapshot // if start is its slot
	entries  []wire.Entry
}

func (a *assembled) end() uint64 {
	if n := len(a.entries); n > 0 {
		return a.entries[n-1].Last()
	}
	return a.start
}

// take appends what was fetched behind the end.
func (a *assembled) take(f *fetch) {
	if f.snapshot != nil {
		a.start, a.snapshot, a.entries = f.snapshot.slot, f.snapshot, nil
	}
	a.entries = append(a.entries, f.entries...)
}

// assembly is a follower's way into a view: the newest START-VIEW, and what is there of its log.
type assembly struct {
	assembled
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
		Base: c.base, SP: c.sp, DigestSP: c.log.digestAt(c.sp),
		End: c.log.end, DigestEnd: c.log.digestAt(c.log.end), WithLog: withLog,
	}
	if withLog {
		m.Entries = c.log.entries(nil, c.sp, c.log.end, wholeLog)
	}
	return m
}

// tickStartView repeats START-VIEW, without the log, to those who have not answered.
func (c *Core) tickStartView() {
	b := &c.begin
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
	if c.begin.acks.add(from); c.begin.acks.count() == c.cfg.N-1 {
		c.begin.at = monotime.Never
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
	c.assert(c.rec.LastNormal.Less(m.View), "START-VIEW for %v, last-normal is %v", m.View, c.rec.LastNormal)
	a := c.asm
	if a != nil && m.View.Less(a.view) {
		return
	}
	if a == nil || a.view != m.View {
		c.setAside()
		a = &assembly{}
		a.view, a.start = m.View, c.sp
		c.asm, c.fetch = a, nil
	} else if m.End < a.target.End {
		return // older than what is known
	}
	a.base, a.sp = m.Base, m.SP
	a.target = *m
	a.target.Entries = nil
	if !a.anew {
		c.reuse(a, m)
	}
	c.assemble()
}

// setAside keeps what was fetched for a view that is left before it was entered, up to that view's
// sync point: below it every later view's log is the same. A replica that lacks much would else start
// from nothing in each view, and may never come to the end where the views are short.
func (c *Core) setAside() {
	a := c.asm
	if a == nil {
		return
	}
	if f := c.fetch; f != nil && f.purpose == fetchEnter {
		a.take(f)
	}
	k := a.assembled
	for n := len(k.entries); n > 0 && k.entries[n-1].Last() > k.sp; n = len(k.entries) {
		k.entries = k.entries[:n-1]
	}
	if k.end() > c.sp && (c.aside == nil || k.end() > c.aside.end()) {
		c.aside = &k
	}
}

// reuse takes what one's own log, that of a view that was not entered and the START-VIEW itself have of
// the new log.
func (c *Core) reuse(a *assembly, m *wire.StartView) {
	own := func(slot uint64, digest wire.Digest) {
		if a.end() < slot && a.snapshot == nil && len(a.entries) == 0 && c.log.end >= slot && c.log.digestAt(slot) == digest {
			a.entries = cloneEntries(c.log.entries(nil, a.start, slot, wholeLog))
		}
	}
	own(m.End, m.DigestEnd)
	own(m.SP, m.DigestSP)
	if k := c.aside; k != nil && a.end() < k.end() && k.end() <= m.End {
		a.start, a.snapshot, a.entries = k.start, k.snapshot, slices.Clip(k.entries)
	}
	if m.WithLog && m.SP <= a.end() {
		for _, e := range cloneEntries(m.Entries) {
			a.entries = appendBehind(a.entries, a.end(), e)
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
func (c *Core) assemble() {
	a := c.asm
	switch end := a.end(); {
	case end < a.target.End:
		c.startFetch(&fetch{purpose: fetchEnter, from: int(a.target.Replica), view: a.view, lastNormal: a.view, start: end, have: end, want: a.target.End})
		return
	case end > a.target.End:
		// A snapshot, or an older START-VIEW's log, is ahead of the newest START-VIEW's end: the
		// leader is asked for its current one.
		c.change.sendAt, c.recoverAt = c.now, c.now
		return
	}
	if c.assembledDigest(&a.assembled) != a.target.DigestEnd {
		c.counters.DigestMismatches++
		a.anew, c.aside = true, nil
		a.start, a.snapshot, a.entries = c.sp, nil, nil
		c.assert(a.end() <= a.target.End, "START-VIEW for %v ends at %d, below the sync point %d", a.view, a.target.End, c.sp)
		if a.end() == a.target.End {
			c.fail("START-VIEW for %v has another digest at the sync point %d", a.view, c.sp)
		}
		c.fetch = nil
		c.assemble()
		return
	}
	c.enter(&a.assembled)
}

// assembledDigest is the digest at the end of an assembled log.
func (c *Core) assembledDigest(a *assembled) wire.Digest {
	digest := c.startDigest(a)
	for _, e := range a.entries {
		digest = c.log.chainEntry(digest, e)
	}
	return digest
}

func (c *Core) startDigest(a *assembled) wire.Digest {
	if a.snapshot != nil {
		return a.snapshot.digest
	}
	return c.log.digestAt(a.start)
}

// enter replaces the log by an assembled one and starts to take part in its view: one step, from
// the old log to the new one.
func (c *Core) enter(a *assembled) {
	c.assert(c.rec.LastNormal.Less(a.view) && c.rec.View.LessEq(a.view), "entering %v from last-normal %v", a.view, c.rec.LastNormal)
	c.assert(a.base <= a.end() && a.sp <= a.end() && c.sp <= a.end(), "entering %v with base %d, sync points %d and %d, end %d",
		a.view, a.base, a.sp, c.sp, a.end())
	// While it recovers, the receiver may have met a session above that of the view.
	if c.rx.Session() <= a.view.Session {
		c.rx.Hold(a.view.Session)
		c.putBackLog(a)
	}
	c.replaceLog(a)

	c.rec.View, c.rec.LastNormal = a.view, a.view
	c.persist()
	c.asm, c.aside = nil, nil // entered: nothing is left of it to keep
	c.leaveView()
	c.phase, c.base, c.enteredAt = phaseNormal, a.base, c.now
	c.high = c.log.end
	c.counters.ViewsEntered++
	c.startHealth()
	if a.sp > c.sp {
		c.advanceStable(a.sp)
	}
	c.resetLogTime()
	c.startSync()
	c.announce()
	if session := max(c.word, c.rx.Session()); session > a.view.Session {
		c.newSession(session)
		return
	}
	if a.view.Session != 0 {
		c.rx.Listen(a.view.Session, c.log.end-c.base+1)
	}
	c.drain()
}

// putBackLog hands the messages of the view's session that the new log has no place for yet back to
// the receiver. They come again by their number, never by a slot: else each view change would
// make NO-OPs of what was in flight.
func (c *Core) putBackLog(a *assembled) {
	if c.rec.LastNormal.Session != a.view.Session {
		return
	}
	after := a.end() - a.base
	for slot := c.log.start + 1; slot <= c.log.end; slot++ {
		if e := c.log.at(slot); e.kind != wire.EntryNoOp && e.session == a.view.Session && e.number > after {
			c.putBack(e.session, e.number, e.payload)
		}
	}
}

// replaceLog puts an assembled log in place of the old one, keeping what is the same, and rolls
// back what was executed and differs.
func (c *Core) replaceLog(a *assembled) {
	if s := a.snapshot; s != nil {
		c.installStable(s)
	}
	keep, digest := a.start, c.log.digestAt(a.start)
	rest := a.entries
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
			c.assert(slot <= a.base || e.Session == a.view.Session && e.Number+i == slot-a.base,
				"entry of session %d, number %d for slot %d with base %d", e.Session, e.Number+i, slot, a.base)
			c.log.append(e.Kind, e.Session, e.Number+i, e.Payload)
		}
	}
}

// announce says in the new view what the old one may have left unsaid: the leader its log, then
// everyone the REPLYs for the suffix.
func (c *Core) announce() {
	if !c.isLeader() {
		c.send(c.leader(), &wire.StartViewRep{})
		for slot := c.sp + 1; slot <= c.log.end; slot++ {
			if e := c.log.at(slot); e.kind == wire.EntryRequest {
				c.replyLogged(slot, e.payload)
			}
		}
		return
	}
	if c.cfg.N > 1 {
		c.begin = startView{at: c.now + c.cfg.Retransmit, delay: c.cfg.Retransmit}
		c.sendAll(c.startViewMessage(true))
	}
	for slot := c.sp + 1; slot <= c.executed; slot++ {
		if e := c.log.at(slot); e.kind == wire.EntryRequest {
			req := c.parseRequest(slot, e.payload)
			c.answer(slot, &req)
		}
	}
	c.executeLeader()
}
