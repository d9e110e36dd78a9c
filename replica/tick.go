package replica

import (
	"time"

	"github.com/netordered/nopaxos/monotime"
	"github.com/netordered/nopaxos/replica/wire"
)

// health tracks the leader and the sequencer in status normal.
type health struct {
	leaderAt  time.Duration // last TICK or PING of the view by its leader
	stampedAt time.Duration // last stamped message of the session
	tickAt    time.Duration // leader: last TICK sent
	pingAt    time.Duration // leader: when the next PING is due
	ticksSeen uint64        // own TICKs that came back
	full      bool          // the leader reports that its log is full
	probed    bool          // follower: sent a TICK to find out whether the sequencer works
	probeAt   time.Duration // when
	reportAt  time.Duration // when the sequencer may be reported next
	ahead     uint64        // a stamped slot that the leader's PINGs have not reached; 0 if none
	aheadAt   time.Duration // since when
}

// extendTimers extends the suspicion timers by the time for which this process was descheduled: it must not count its
// own absence as silence of its peers.
func (c *Core) extendTimers(late time.Duration) {
	h := &c.view.health
	for _, at := range []*time.Duration{&h.leaderAt, &h.stampedAt, &h.aheadAt, &h.probeAt} {
		*at = min(*at+late, c.now)
	}
	c.view.change.deadline += late
	c.counters.Stalled += uint64(late)
}

func (h *health) stamped(now time.Duration) { h.stampedAt = now }

func (c *Core) startHealth() {
	c.view.health = health{leaderAt: c.now, stampedAt: c.now, tickAt: c.now, pingAt: c.now, reportAt: c.now}
}

// resetLogTime recomputes the logical time at the end of the log, after entries were replaced.
func (c *Core) resetLogTime() {
	t := c.table.Time()
	for slot := max(c.executed, c.log.start) + 1; slot <= c.log.end; slot++ {
		if e := c.log.at(slot); e.kind == wire.EntryTick {
			if m, err := wire.ParseTick(e.payload); err == nil {
				t = max(t, m.Time)
			}
		}
	}
	if t != c.logTime {
		c.setLogTime(t)
	}
}

// observeTime advances the logical time at the end of the log to that of a TICK.
func (c *Core) observeTime(body []byte) {
	if t, err := wire.ParseTick(body); err == nil && t.Time > c.logTime {
		c.setLogTime(t.Time)
	}
}

// setLogTime sets the logical time at the end of the log. A follower's clock starts from each TICK, so it is behind the
// leader's by the way of one TICK, and the rates of their clocks do not add up. The leader's own TICKs must not slow down
// its clock, each by its way through the sequencer: the leader sets it only if another replica's TICK is ahead.
func (c *Core) setLogTime(t uint64) {
	c.logTime = t
	if !c.leads() || t > c.clock.read(c.now) {
		c.clock = clock{time: t, at: c.now}
	}
}

// clock is logical time that goes on from an anchor with the monotonic time of this process, so that no step of a wall
// clock shows in it.
type clock struct {
	time uint64
	at   time.Duration // when it was time
}

func (c clock) read(now time.Duration) uint64 { return c.time + uint64(max(0, now-c.at)) }

// multicastTick sends a TICK through the sequencer.
func (c *Core) multicastTick() {
	at := len(c.buf)
	c.buf = wire.AppendTick(c.buf, &wire.Tick{
		View: c.durable.View, Replica: uint16(c.cfg.Self), Incarnation: c.durable.Incarnation,
		Time: c.clock.read(c.now),
	})
	c.buf = c.cfg.Keys.Replica.Seal(c.buf, at)
	c.effects = append(c.effects, Effect{Kind: EffectGroup, Data: c.buf[at:len(c.buf):len(c.buf)]})
	c.counters.TicksSent++
}

// onTick handles a TICK after it got its slot: its sender is alive, and its view may be higher.
func (c *Core) onTick(t wire.Tick) {
	from := int(t.Replica)
	if from >= c.cfg.N || t.Incarnation < c.peers[from].incarnation {
		return
	}
	c.peers[from].incarnation = t.Incarnation
	if from != c.cfg.Self {
		c.peers[from].heardAt = c.now
		if !c.joinView(from, t.View) {
			return
		}
		if from == c.leader() {
			c.view.health.leaderAt = c.now
			c.view.health.probed = false
		}
		return
	}
	if t.View != c.durable.View {
		return
	}
	c.view.health.ticksSeen++
	if !c.isLeader() && c.view.health.probed && !c.view.health.full {
		// The sequencer works, but no TICK of the leader comes through it.
		c.suspectLeader()
	}
}

// onPing handles the leader's heartbeat.
func (c *Core) onPing(from int, m *wire.Ping) {
	if from != c.leader() {
		return
	}
	if c.phase == phaseViewChange {
		c.onFormingPing(m)
		return
	}
	if m.Forming {
		return
	}
	h := &c.view.health
	h.leaderAt = c.now
	h.full = m.Full
	if m.Full || m.End >= h.ahead {
		h.ahead = 0
	}
	if !m.Full && h.ahead == 0 && c.view.high > m.End {
		h.ahead, h.aheadAt = c.view.high, c.now
	}
}

// suspectLeader moves to the view of the next leader in the same session.
func (c *Core) suspectLeader() {
	c.counters.Suspected++
	v := c.durable.View
	c.goTo(wire.View{Leader: v.Leader + 1, Session: v.Session})
}

// newSession moves to a session that a valid token or the controller has announced.
func (c *Core) newSession(session uint32) {
	if c.phase == phaseRecovering {
		c.recovery.session = max(c.recovery.session, session)
		return
	}
	if session <= c.durable.View.Session {
		return
	}
	c.goTo(wire.View{Leader: c.durable.View.Leader, Session: session})
}

// tickNormal runs the timers of status normal.
func (c *Core) tickNormal() {
	if c.isLeader() {
		c.tickLeader()
	} else {
		c.tickFollower()
	}
	if c.phase == phaseNormal {
		c.tickGaps()
	}
	if c.phase == phaseNormal {
		c.tickSync()
		c.tickStartView()
	}
}

func (c *Core) tickLeader() {
	h := &c.view.health
	if c.now >= c.nextTick() {
		h.tickAt = c.now
		c.multicastTick()
	}
	if c.now >= h.pingAt {
		h.pingAt = c.now + c.cfg.PingInterval
		c.messages.ping = wire.Ping{End: c.log.end, TicksSeen: h.ticksSeen, Full: c.full()}
		c.sendAll(&c.messages.ping)
	}
	if c.full() {
		h.stampedAt = c.now // silence counts from the end of the overload
	} else if c.now-h.stampedAt >= c.cfg.SuspectSequencer {
		c.report()
	}
}

// nextTick returns when the leader multicasts its next TICK: after TickInterval in an idle group, at least every
// TickMax under load, and never while it is full, because a TICK takes a slot.
func (c *Core) nextTick() time.Duration {
	if c.full() {
		return monotime.Never
	}
	h := &c.view.health
	return min(max(h.stampedAt, h.tickAt)+c.cfg.TickInterval, h.tickAt+c.cfg.TickMax)
}

// report reports to the controller that the session's sequencer seems to have failed.
func (c *Core) report() {
	if c.now < c.view.health.reportAt {
		return
	}
	c.view.health.reportAt = c.now + c.cfg.SuspectSequencer
	if c.durable.View.Session == 0 {
		return // no sequencer stamps session 0
	}
	c.counters.Reports++
	c.effects = append(c.effects, Effect{Kind: EffectReport, Session: c.durable.View.Session})
}

// tickFollower decides which component to suspect. It suspects the leader if the leader is silent, if the
// leader's log does not reach the stamped messages, or if the sequencer stamps this replica's TICK but none of
// the leader's; otherwise a silent sequencer.
func (c *Core) tickFollower() {
	h := &c.view.health
	if c.now-h.leaderAt >= c.cfg.SuspectLeader {
		c.suspectLeader()
		return
	}
	if h.full {
		h.stampedAt = c.now // silence counts from the end of the overload
		return
	}
	if h.ahead != 0 && c.now-h.aheadAt >= c.cfg.SuspectLeader {
		c.suspectLeader()
		return
	}
	if c.now-h.stampedAt < c.cfg.SuspectSequencer {
		// This replica's TICK may still be under way.
		h.probed = h.probed && c.now-h.probeAt < c.cfg.SuspectSequencer
		return
	}
	if !h.probed {
		h.probed, h.probeAt = true, c.now
		c.multicastTick()
		return
	}
	if c.now-h.probeAt >= c.cfg.SuspectSequencer/2 {
		c.report()
		h.probeAt = c.now
		c.multicastTick()
	}
}

// normalDeadline returns when tickNormal has to run next.
func (c *Core) normalDeadline() time.Duration {
	h := &c.view.health
	d := min(c.view.gaps.at, c.syncDeadline(), c.view.startView.at)
	if c.isLeader() {
		if !c.full() {
			d = min(d, max(h.stampedAt+c.cfg.SuspectSequencer, h.reportAt))
		}
		return min(d, c.nextTick(), h.pingAt)
	}
	d = min(d, h.leaderAt+c.cfg.SuspectLeader)
	if h.full {
		return d
	}
	if h.ahead != 0 {
		d = min(d, h.aheadAt+c.cfg.SuspectLeader)
	}
	silent := h.stampedAt + c.cfg.SuspectSequencer
	if h.probed {
		silent = max(silent, h.probeAt+c.cfg.SuspectSequencer/2)
	}
	return min(d, silent)
}
