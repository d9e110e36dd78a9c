package failover

import (
	"slices"
	"time"

	"github.com/netordered/nopaxos/monotime"
)

// Connected reports that the stream to target t is up and this controller is its primary. An earlier connection is lost
// with it.
func (c *Core) Connected(now time.Duration, t int) {
	tg := &c.targets[t]
	if tg.connected {
		c.Lost(now, t, false)
	}
	tg.conn++
	tg.connected = true
	c.check(t)
	c.advance(now)
}

// Lost reports that the stream to target t broke, or an attempt to connect to it failed. With refused, the other end
// answered that nothing listens there any more.
func (c *Core) Lost(now time.Duration, t int, refused bool) {
	tg := &c.targets[t]
	tg.disconnect()
	tg.heard = true
	graceUntil := now + c.cfg.Grace
	c.fabric.Lost(tg.sw, refused, graceUntil)
	for i := range c.groups {
		if c.groups[i].target == t {
			c.groups[i].lost(refused, graceUntil)
		}
	}
	c.advance(now)
}

// Failed reports that the effect under way on target t failed or took too long. The target is read from the start, over
// a new connection.
func (c *Core) Failed(now time.Duration, t int, conn uint64) {
	if tg := c.current(t, conn); tg != nil {
		c.reset(t)
		c.advance(now)
	}
}

func (c *Core) reset(t int) {
	tg := &c.targets[t]
	tg.ready = false
	tg.step = stepIdle
	tg.auditAt = monotime.Never
	c.emit(Effect{Kind: EffectReset, Target: t, Conn: tg.conn})
}

// current returns target t if conn is its present connection, else nil: the answer is late.
func (c *Core) current(t int, conn uint64) *target {
	if tg := &c.targets[t]; tg.connected && tg.conn == conn {
		return tg
	}
	return nil
}

// check starts the housekeeping: pipeline, sequence entries, everything else.
func (c *Core) check(t int) {
	tg := &c.targets[t]
	tg.step = stepPipeline
	c.emit(Effect{Kind: EffectReadPipeline, Target: t, Conn: tg.conn})
}

// PipelineRead reports that target t runs our pipeline (ours), or another one or none.
func (c *Core) PipelineRead(now time.Duration, t int, conn uint64, ours bool) {
	tg := c.current(t, conn)
	if tg == nil || tg.step != stepPipeline {
		return
	}
	c.fabric.Runs(now, tg.sw, ours)
	if ours {
		c.readEntries(t)
	} else {
		tg.ready = false
		tg.step = stepPush
		c.emit(Effect{Kind: EffectPushPipeline, Target: t, Conn: conn})
		c.entriesGone(t)
	}
	c.advance(now)
}

// entriesGone handles a target that has lost all entries. Its groups need new numbers, even if a later read finds their
// entries.
func (c *Core) entriesGone(t int) {
	tg := &c.targets[t]
	for i := range c.groups {
		tg.entries[i].session = 0
		tg.entries[i].touched = c.op
		if c.groups[i].target == t {
			c.groups[i].gone()
		}
	}
}

// PipelinePushed reports that target t now runs our pipeline, without sequence entries.
func (c *Core) PipelinePushed(now time.Duration, t int, conn uint64) {
	if tg := c.current(t, conn); tg != nil && tg.step == stepPush {
		c.readEntries(t)
		c.advance(now)
	}
}

func (c *Core) readEntries(t int) {
	tg := &c.targets[t]
	c.op++
	tg.step, tg.readOp = stepEntries, c.op
	c.emit(Effect{Kind: EffectReadEntries, Target: t, Conn: tg.conn, Op: c.op})
}

// EntriesRead reports that the read with operation number op found these sequence entries on target t, at most one for
// each group.
func (c *Core) EntriesRead(now time.Duration, t int, conn, op uint64, entries []SequenceEntry) {
	tg := c.current(t, conn)
	if tg == nil || tg.step != stepEntries || tg.readOp != op {
		return
	}
	for i := range c.groups {
		if tg.entries[i].touched >= op {
			continue
		}
		var found SequenceEntry
		for _, e := range entries {
			if e.Group == c.groups[i].number {
				found = e
			}
		}
		c.entryRead(now, i, t, found)
	}
	c.prepare(now, t, true)
	c.advance(now)
}

// Prepared reports that everything but the sequence entries is in place on target t (ok), or could not be put there. A
// failure keeps the target from being a candidate until the next audit tries again. Sessions that it serves go on.
func (c *Core) Prepared(now time.Duration, t int, conn uint64, ok bool) {
	tg := c.current(t, conn)
	if tg == nil || tg.step != stepPrepare {
		return
	}
	tg.heard = true
	tg.step = stepIdle
	tg.ready = ok
	tg.auditAt = now + c.cfg.AuditInterval
	c.fabric.Prepared(tg.sw, ok)
	if c.verifying(t) {
		c.check(t) // the read began before the install failed: read again
	}
	c.advance(now)
}

// verifying reports whether a group waits for a read of target t.
func (c *Core) verifying(t int) bool {
	return slices.ContainsFunc(c.groups, func(g group) bool { return g.phase == phaseVerifying && g.target == t })
}

// Removed reports that the old entry of a group is gone from target t, or could not be removed; the next audit finds
// out which.
func (c *Core) Removed(now time.Duration, t int, conn uint64, group uint32) {
	tg := c.current(t, conn)
	i, known := c.index[group]
	if tg == nil || !known {
		return
	}
	tg.entries[i] = entry{touched: c.op}
	c.advance(now)
}
