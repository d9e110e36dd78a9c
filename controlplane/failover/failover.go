package failover

import (
	"fmt"
	"time"

	"github.com/netordered/nopaxos/monotime"
)

// allocateRetry is the pause after the store failed to make a number durable.
const allocateRetry = 100 * time.Millisecond

// advanceGroup takes the step that is due.
func (c *Core) advanceGroup(now time.Duration, i int) {
	g := &c.groups[i]
	switch g.phase {
	case phaseActive:
		c.advanceActive(now, i)
	case phaseInstalling, phaseVerifying:
		if now >= g.installBy {
			// The stream is up and the target does not answer. The number may be installed at any time: a later read
			// that finds it while it is still the newest adopts it.
			c.targets[g.target].penalize(now)
			c.reset(g.target)
			g.search()
		}
	case phaseRouting:
		c.install(now, i)
	case phaseSearching, phaseAllocating:
	}
	if g.phase != phaseSearching || now < g.allocateAt || now < c.startBy && !c.heardAll() {
		return
	}
	if t := c.candidate(now, i); t >= 0 {
		g.phase = phaseAllocating
		c.fabric.Decide(i, c.targets[t].sw)
		c.emit(Effect{Kind: EffectAllocate, Group: g.number, Floor: max(g.floor, g.last)})
	}
}

func (c *Core) advanceActive(now time.Duration, i int) {
	g := &c.groups[i]
	if g.graceUntil != 0 && now >= g.graceUntil {
		g.search()
		return
	}
	g.expireReports(now - c.cfg.ReportWindow)
	if confirmed := g.reported(); confirmed != 0 && now >= g.holdUntil && c.candidate(now, i) >= 0 {
		g.floor = max(g.floor, confirmed)
		clear(g.reports)
		g.giveUp(now)
		return
	}
	if now >= c.severedAt(i) {
		g.giveUp(now)
		return
	}
	for t := range c.targets {
		tg := &c.targets[t]
		if e := &tg.entries[i]; t != g.target && tg.ready && e.session != 0 && !e.writing {
			e.writing = true
			c.emit(Effect{
				Kind: EffectRemove, Target: t, Conn: tg.conn, Group: g.number, Session: e.session, Forwarding: c.fabric.Wanted(tg.sw),
			})
		}
	}
}

// entryRead handles a read that found this entry (or none) of group i on target t.
func (c *Core) entryRead(now time.Duration, i, t int, found SequenceEntry) {
	g := &c.groups[i]
	c.targets[t].entries[i].session = found.Session
	if found.Session > g.last {
		// The store has forgotten numbers that it gave out. They must not be given out again.
		g.floor = max(g.floor, found.Session)
	}
	if found.Session != 0 && found.Session == g.last && found.Intact && t < c.cfg.Targets {
		c.found(now, i, t)
		return
	}
	if g.target == t && (g.phase == phaseActive || g.phase == phaseVerifying) {
		g.gone()
	}
}

// found handles the news that target t has the newest durable number of group i.
func (c *Core) found(now time.Duration, i, t int) {
	g := &c.groups[i]
	switch {
	case g.phase == phaseActive && g.target == t:
		g.graceUntil = 0
	case g.phase == phaseSearching && g.last > g.spent,
		g.phase == phaseInstalling && g.target == t,
		g.phase == phaseVerifying && g.target == t:
		c.activate(now, i, t)
	}
}

// activate makes target t serve group i in its newest session.
func (c *Core) activate(now time.Duration, i, t int) {
	g := &c.groups[i]
	g.phase = phaseActive
	g.target = t
	g.graceUntil = 0
	g.activeSince = now
	g.holdUntil = now + c.cfg.ReportHoldoff<<g.inARow
	c.targets[t].penalty = 0
	c.fabric.Steer(i, c.targets[t].sw)
	c.emit(Effect{Kind: EffectPublish, Target: t, Group: g.number, Session: g.last})
}

// candidate returns the next ready sequencer after the group's last one, that one itself at the end, or -1. Among
// switches it prefers those that reach most replicas for sure; all must reach a quorum if every link works.
func (c *Core) candidate(now time.Duration, i int) int {
	g := &c.groups[i]
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

// Allocated reports that number session of the group is durable.
func (c *Core) Allocated(now time.Duration, number, session uint32) {
	i, known := c.index[number]
	if !known {
		return
	}
	g := &c.groups[i]
	if g.phase != phaseAllocating || session <= max(g.last, g.floor, g.sent) {
		c.err = fmt.Errorf("failover: invariant violated: group %d was given session %d in phase %v, expected one above %d in phase allocating",
			number, session, g.phase, max(g.last, g.floor, g.sent))
		return
	}
	g.last = session
	if t := c.candidate(now, i); t >= 0 {
		g.phase, g.target = phaseRouting, t
		c.fabric.Decide(i, c.targets[t].sw)
	} else {
		g.search() // the candidate is gone: the number stays unused
	}
	c.advance(now)
}

// install sends the group's newest number to its target, once the switches have the tree.
func (c *Core) install(now time.Duration, i int) {
	g := &c.groups[i]
	tg := &c.targets[g.target]
	e := &tg.entries[i]
	switch {
	case !tg.ready || e.writing:
		g.search() // the number stays unused
	case c.fabric.Routed(i):
		e.writing = true
		g.phase, g.sent = phaseInstalling, g.last
		g.installBy = now + c.cfg.InstallTimeout
		c.emit(Effect{Kind: EffectInstall, Target: g.target, Conn: tg.conn, Group: g.number, Session: g.last, Replace: e.session != 0})
	}
}

// AllocateFailed reports that the store could not make a number durable. It is asked again after a pause.
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

// Installed reports that target t has acknowledged the entry of (number, session).
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

// InstallFailed reports that target t refused the install of (number, session), or did not answer. The target is read
// to find out whether it has the entry.
func (c *Core) InstallFailed(now time.Duration, t int, conn uint64, number, session uint32) {
	tg := c.current(t, conn)
	i, known := c.index[number]
	if tg == nil || !known {
		return
	}
	tg.entries[i].writing = false
	tg.entries[i].touched = c.op
	tg.penalize(now)
	if g := &c.groups[i]; g.phase == phaseInstalling && g.target == t && g.last == session {
		g.phase = phaseVerifying
		if tg.step == stepIdle {
			c.check(t)
		}
	}
	c.advance(now)
}

// Report reports that a replica receives nothing from the sequencer of session. Reports of older sessions are ignored;
// f+1 distinct replicas within ReportWindow move the group to a new session, since at least one of them works.
func (c *Core) Report(now time.Duration, number, session uint32, replica int) {
	i, known := c.index[number]
	if !known {
		return
	}
	g := &c.groups[i]
	if replica < 0 || replica >= len(g.reports) || session < g.last || session == 0 {
		return
	}
	g.reports[replica] = report{session: session, at: now}
	g.expireReports(now - c.cfg.ReportWindow)
	c.fabric.Doubt(i, g.reportedBy)
	c.advance(now)
}

// groupDeadline returns when group i next needs Tick.
func (c *Core) groupDeadline(i int) time.Duration {
	g := &c.groups[i]
	switch g.phase {
	case phaseActive:
		at := monotime.Never
		if g.reported() != 0 {
			at = max(g.holdUntil, c.candidateAt(i))
		}
		at = min(at, c.severedAt(i))
		if g.graceUntil != 0 {
			at = min(at, g.graceUntil)
		}
		return at
	case phaseInstalling, phaseVerifying:
		return g.installBy
	case phaseSearching:
		at := max(g.allocateAt, c.candidateAt(i))
		if at != monotime.Never && !c.heardAll() {
			at = max(at, c.startBy)
		}
		return at
	case phaseAllocating, phaseRouting:
	}
	return monotime.Never
}

// candidateAt returns when group i may next have a candidate if nothing happens until then.
func (c *Core) candidateAt(i int) time.Duration {
	at := monotime.Never
	for t := range c.cfg.Targets {
		if all, _ := c.reach(i, t); all > c.groups[i].f && c.targets[t].ready && !c.targets[t].entries[i].writing {
			at = min(at, c.targets[t].retryAt)
		}
	}
	return at
}
