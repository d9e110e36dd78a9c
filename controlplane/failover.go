package controlplane

import (
	"time"

	"github.com/netordered/nopaxos/monotime"
)

// phase is where a group stands between two sequencers.
type phase uint8

const (
	// phaseSearching: no sequencer serves the group. One that is found to have the newest
	// number installed is adopted, else a candidate gets a new number.
	phaseSearching phase = iota
	// phaseAllocating: a new number is being made durable.
	phaseAllocating
	// phaseRouting: the number is durable; the switches are being told of the target's tree.
	phaseRouting
	// phaseInstalling: the number was sent to the target; the answer is awaited.
	phaseInstalling
	// phaseVerifying: the install failed in a way that leaves its outcome open; the target is
	// being read.
	phaseVerifying
	// phaseActive: the target serves the group.
	phaseActive
)

func (p phase) String() string {
	return [...]string{"searching", "allocating", "routing", "installing", "verifying", "active"}[p]
}

// allocateRetry is the pause after the store failed to make a number durable.
const allocateRetry = 100 * time.Millisecond

// group is the state of one group.
type group struct {
	number uint32
	f      int
	phase  phase
	target int    // serving, or installed on, or the last one that was; -1: none yet
	last   uint32 // newest durable number
	spent  uint32 // numbers up to this one are not adopted any more
	floor  uint32 // the next number is above it

	sent        uint32        // newest number that was sent to a target
	graceUntil  time.Duration // active, its stream lost: give up then; 0: not lost
	installBy   time.Duration // installing or verifying: give up then
	allocateAt  time.Duration // the store failed: not before
	activeSince time.Duration
	holdUntil   time.Duration // reports and cut links do not move the group before
	reports     []report      // by replica

	failovers uint64 // sessions given up since the start
	inARow    uint   // of them on reports or cut links, without a long session between
}

// advanceGroup takes the step that is due.
func (c *Core) advanceGroup(now time.Duration, i int) {
	g := &c.groups[i]
	switch g.phase {
	case phaseActive:
		c.advanceActive(now, i)
	case phaseInstalling, phaseVerifying:
		if now >= g.installBy {
			// The stream lives and the target does not answer. The number may be
			// installed at any time: found by a later read while it is still the
			// newest, it is adopted.
			c.penalize(now, g.target)
			c.reset(g.target)
			c.search(g)
		}
	case phaseRouting:
		c.install(now, i)
	case phaseSearching, phaseAllocating:
	}
	if g.phase != phaseSearching || !c.settled(now) || now < g.allocateAt {
		return
	}
	if t := c.candidate(now, g); t >= 0 {
		g.phase = phaseAllocating
		c.decide(i, t)
		c.emit(Effect{Kind: EffectAllocate, Group: g.number, Floor: max(g.floor, g.last)})
	}
}

func (c *Core) advanceActive(now time.Duration, i int) {
	g := &c.groups[i]
	if g.graceUntil != 0 && now >= g.graceUntil {
		c.search(g)
		return
	}
	c.expireReports(now, g)
	if confirmed := g.reported(); confirmed != 0 && now >= g.holdUntil && c.candidate(now, g) >= 0 {
		c.giveUpReported(now, g, confirmed)
		return
	}
	if now >= c.severedAt(i) {
		c.giveUp(now, g)
		return
	}
	for t := range c.targets {
		tg := &c.targets[t]
		if e := &tg.entries[i]; t != g.target && tg.ready && e.session != 0 && !e.writing {
			e.writing = true
			c.emit(Effect{Kind: EffectRemove, Target: t, Conn: tg.conn, Group: g.number, Session: e.session, Forwarding: c.wanted(t)})
		}
	}
}

// search gives the group's sequencer up.
func (c *Core) search(g *group) {
	if g.phase == phaseActive {
		g.failovers++
	}
	g.phase = phaseSearching
	g.graceUntil = 0
}

// groupGone: the entry that the group lived on is no more. Its number is spent even if an entry
// with it turns up again: the counter behind it may have started anew.
func (c *Core) groupGone(now time.Duration, g *group) {
	switch g.phase {
	case phaseActive, phaseVerifying, phaseInstalling, phaseRouting, phaseSearching:
		g.spent = g.last
		c.search(g)
	case phaseAllocating: // a new number is on its way already
	}
}

// groupLost: the stream to the group's target broke (refused: and nobody is there any more).
func (c *Core) groupLost(now time.Duration, g *group, refused bool) {
	switch g.phase {
	case phaseActive:
		if refused {
			c.search(g)
		} else if g.graceUntil == 0 {
			g.graceUntil = now + c.cfg.Grace
		}
	case phaseInstalling, phaseVerifying, phaseRouting:
		c.search(g)
	case phaseSearching, phaseAllocating:
	}
}

// entryRead: a read that counts found this entry (or none) of group i on target t.
func (c *Core) entryRead(now time.Duration, i, t int, found SequenceEntry) {
	g := &c.groups[i]
	c.targets[t].entries[i].session = found.Session
	if found.Session > g.last {
		// The store has forgotten numbers that it gave out. They must not come again.
		g.floor = max(g.floor, found.Session)
	}
	if found.Session != 0 && found.Session == g.last && found.Intact && t < c.cfg.Targets {
		c.found(now, i, t)
		return
	}
	if g.target == t && (g.phase == phaseActive || g.phase == phaseVerifying) {
		c.groupGone(now, g)
	}
}

// found: target t has the newest durable number of group i.
func (c *Core) found(now time.Duration, i, t int) {
	g := &c.groups[i]
	switch {
	case g.phase == phaseActive && g.target == t:
		g.graceUntil = 0
	case g.phase == phaseSearching && g.last > g.spent,
		g.phase == phaseInstalling && g.target == t,
		g.phase == phaseVerifying && g.target == t:
		c.activate(now, g, t)
	}
}

// activate: target t serves g in session g.last.
func (c *Core) activate(now time.Duration, g *group, t int) {
	g.phase = phaseActive
	g.target = t
	g.graceUntil = 0
	g.activeSince = now
	g.holdUntil = now + c.cfg.ReportHoldoff<<g.inARow
	c.targets[t].penalty = 0
	c.steer(c.index[g.number], t)
	c.emit(Effect{Kind: EffectPublish, Target: t, Group: g.number, Session: g.last})
}

// candidate returns the next ready sequencer behind the group's last one, that one itself at the
// end, or -1. Of switches it is the next of those that reach most replicas for sure, and a quorum perhaps.
func (c *Core) candidate(now time.Duration, g *group) int {
	i := c.index[g.number]
	best, most := -1, -1
	for k := range c.cfg.Targets {
		t := (g.target + 1 + k) % c.cfg.Targets
		if tg := &c.targets[t]; tg.ready && now >= tg.retryAt && !tg.entries[i].writing {
			if all, sure := c.reach(i, t); all > g.f && sure > most {
				best, most = t, sure
			}
		}
	}
	return best
}

// Allocated: number session of the group is durable.
func (c *Core) Allocated(now time.Duration, number, session uint32) {
	i, known := c.index[number]
	if !known {
		return
	}
	g := &c.groups[i]
	if g.phase != phaseAllocating || session <= max(g.last, g.floor, g.sent) {
		c.fail("group %d was given session %d in phase %v, expected one above %d in phase allocating",
			number, session, g.phase, max(g.last, g.floor, g.sent))
		return
	}
	g.last = session
	t := c.candidate(now, g)
	if t < 0 {
		c.search(g) // the candidate is gone: the number stays unused
		c.advance(now)
		return
	}
	g.phase, g.target = phaseRouting, t
	c.decide(i, t)
	c.advance(now)
}

// install sends the group's newest number to its target, once the switches have the tree.
func (c *Core) install(now time.Duration, i int) {
	g := &c.groups[i]
	tg := &c.targets[g.target]
	e := &tg.entries[i]
	switch {
	case !tg.ready || e.writing:
		c.search(g) // the number stays unused
	case c.routed(i):
		e.writing = true
		g.phase, g.sent = phaseInstalling, g.last
		g.installBy = now + c.cfg.InstallTimeout
		c.emit(Effect{Kind: EffectInstall, Target: g.target, Conn: tg.conn, Group: g.number, Session: g.last, Replace: e.session != 0})
	}
}

// AllocateFailed: the store could not make a number durable. It is asked again after a pause.
func (c *Core) AllocateFailed(now time.Duration, number uint32) {
	i, known := c.index[number]
	if !known || c.groups[i].phase != phaseAllocating {
		return
	}
	g := &c.groups[i]
	g.phase = phaseSearching
	g.allocateAt = now + allocateRetry
	c.advance(now)
}

// Installed: target t has acknowledged the entry of (number, session).
func (c *Core) Installed(now time.Duration, t int, conn uint64, number, session uint32) {
	tg := c.current(t, conn)
	i, known := c.index[number]
	if tg == nil || !known {
		return
	}
	tg.entries[i] = entry{session: session, touched: c.op}
	if session == c.groups[i].last {
		c.found(now, i, t)
	}
	c.advance(now)
}

// InstallFailed: the install of (number, session) on target t was refused, or its answer did not
// come. The target is read to find out whether the entry is there.
func (c *Core) InstallFailed(now time.Duration, t int, conn uint64, number, session uint32) {
	tg := c.current(t, conn)
	i, known := c.index[number]
	if tg == nil || !known {
		return
	}
	tg.entries[i].writing = false
	tg.entries[i].touched = c.op
	c.penalize(now, t)
	if g := &c.groups[i]; g.phase == phaseInstalling && g.target == t && g.last == session {
		g.phase = phaseVerifying
		if tg.step == stepIdle {
			c.check(t)
		}
	}
	c.advance(now)
}

// penalize keeps target t from being a candidate for a while, longer each time.
func (c *Core) penalize(now time.Duration, t int) {
	tg := &c.targets[t]
	tg.penalty = min(max(2*tg.penalty, minPenalty), maxPenalty)
	tg.retryAt = now + tg.penalty
}

// verifying reports whether a group waits for a read of target t.
func (c *Core) verifying(t int) bool {
	for i := range c.groups {
		if g := &c.groups[i]; g.phase == phaseVerifying && g.target == t {
			return true
		}
	}
	return false
}

// groupDeadline returns when group i next wants Tick.
func (c *Core) groupDeadline(i int) time.Duration {
	g := &c.groups[i]
	switch g.phase {
	case phaseActive:
		at := monotime.Never
		if g.reported() != 0 {
			at = max(g.holdUntil, c.candidateAt(g))
		}
		at = min(at, c.severedAt(i))
		if g.graceUntil != 0 {
			at = min(at, g.graceUntil)
		}
		return at
	case phaseInstalling, phaseVerifying:
		return g.installBy
	case phaseSearching:
		at := max(g.allocateAt, c.candidateAt(g))
		if at != monotime.Never && !c.heardAll() {
			at = max(at, c.startBy)
		}
		return at
	case phaseAllocating, phaseRouting:
	}
	return monotime.Never
}

// candidateAt returns when the group may next have a candidate without anything happening.
func (c *Core) candidateAt(g *group) time.Duration {
	i := c.index[g.number]
	at := monotime.Never
	for t := range c.cfg.Targets {
		if all, _ := c.reach(i, t); all > g.f && c.targets[t].ready && !c.targets[t].entries[i].writing {
			at = min(at, c.targets[t].retryAt)
		}
	}
	return at
}
