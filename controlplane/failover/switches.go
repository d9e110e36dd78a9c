package failover

import (
	"slices"
	"time"

	"github.com/netordered/nopaxos/controlplane/fabric"
	"github.com/netordered/nopaxos/monotime"
)

// advanceFabric lets the switches take the steps that their state and the time allow.
func (c *Core) advanceFabric(now time.Duration) {
	for _, s := range c.fabric.Expire(now) {
		c.reset(c.targetOf[s])
	}
	for _, p := range c.fabric.Probe(now, func(s int) bool { return c.targets[c.targetOf[s]].ready }) {
		t := c.targetOf[p.From.Switch]
		c.emit(Effect{Kind: EffectProbe, Target: t, Conn: c.targets[t].conn, Op: p.Round, Port: p.From.Number})
	}
	c.fabric.Advance()
	for s, t := range c.targetOf {
		switch tg := &c.targets[t]; {
		case !tg.ready || c.fabric.UpToDate(s):
		case tg.step == stepIdle:
			c.prepare(now, t, false)
		case tg.step == stepPrepare: // an audit, which from now on is in the way
			c.fabric.AwaitReply(s, now+c.cfg.ProgramTimeout)
		}
	}
}

// prepare asks for everything on target t but the sequence entries.
func (c *Core) prepare(now time.Duration, t int, afresh bool) {
	tg := &c.targets[t]
	tg.step = stepPrepare
	c.emit(Effect{Kind: EffectPrepare, Target: t, Conn: tg.conn, Afresh: afresh, Forwarding: c.fabric.Prepare(tg.sw)})
	if tg.ready && !afresh { // an audit, which reads everything, has no time limit
		c.fabric.AwaitReply(tg.sw, now+c.cfg.ProgramTimeout)
	}
}

// reach returns how many replicas of group i receive packets stamped by target t, if all links work (all), and over
// links that are not cut (sure).
func (c *Core) reach(i, t int) (all, sure int) { return c.fabric.Reach(i, c.targets[t].sw) }

// severedAt returns when group i gives up its sequencer because cut links keep it from a quorum of replicas that
// another one reaches; monotime.Never: it does not.
func (c *Core) severedAt(i int) time.Duration {
	g := &c.groups[i]
	if !slices.Contains(c.fabric.Cut(), true) {
		return monotime.Never
	}
	if _, sure := c.reach(i, g.target); sure > g.f {
		return monotime.Never
	}
	at := monotime.Never
	for t := range c.cfg.Targets {
		if tg := &c.targets[t]; tg.ready && !tg.entries[i].writing {
			if _, sure := c.reach(i, t); sure > g.f {
				at = min(at, max(g.holdUntil, tg.retryAt))
			}
		}
	}
	return at
}

// ProbeSeen reports that the switch of target t received, through one of its ports, the probe that it sent there in a
// round.
func (c *Core) ProbeSeen(t int, port uint16, round uint64) {
	c.fabric.ProbeSeen(fabric.Port{Switch: c.targets[t].sw, Number: port}, round)
}
