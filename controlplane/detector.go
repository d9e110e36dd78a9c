package controlplane

import (
	"time"

	"github.com/netordered/nopaxos/monotime"
)

// step is the housekeeping operation that is under way on a target. They follow one another in
// this order after every connection and at every audit.
type step uint8

const (
	stepIdle step = iota
	stepPipeline
	stepPush
	stepEntries
	stepPrepare
)

// Pause before a target that refused an install is a candidate again; doubles with each refusal.
const (
	minPenalty = 10 * time.Millisecond
	maxPenalty = time.Second
)

// target is what the core knows of one sequencer.
type target struct {
	conn      uint64 // number of the current or last connection
	connected bool
	ready     bool // pipeline, entries and copies are in place: an install is all it takes
	heard     bool // read and prepared, or found unreachable, since the start
	step      step
	readOp    uint64 // operation number of the read under way
	auditAt   time.Duration
	retryAt   time.Duration // not a candidate before
	penalty   time.Duration
	entries   []entry // by group index
}

// entry is the sequence entry of one group on one target.
type entry struct {
	session uint32 // 0: none
	writing bool   // a write is under way
	touched uint64 // a write came to its end: reads with an operation number up to this say nothing
}

// SequenceEntry is a sequence entry that was read from a target.
type SequenceEntry struct {
	Group   uint32
	Session uint32
	Intact  bool // every action parameter is what the configuration wants for this session
}

// Connected: the stream to target t is up and this controller is its primary. A connection that
// was there before is lost with it.
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

// Lost: the stream to target t broke, or an attempt to connect to it failed. With refused, the
// other end said so itself: nothing listens there any more.
func (c *Core) Lost(now time.Duration, t int, refused bool) {
	tg := &c.targets[t]
	c.disconnect(tg)
	tg.heard = true
	c.switchLost(now, t, refused)
	for i := range c.groups {
		if c.groups[i].target == t {
			c.groupLost(now, &c.groups[i], refused)
		}
	}
	c.advance(now)
}

// disconnect forgets what was known of the target: the next connection may find another process.
func (c *Core) disconnect(tg *target) {
	tg.connected, tg.ready, tg.step = false, false, stepIdle
	for i := range tg.entries {
		tg.entries[i] = entry{}
	}
}

// Failed: the effect under way on target t failed or took too long. The target is read from the
// start, over a new connection.
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

// current returns target t if conn is its living connection, else nil: the answer is too late.
func (c *Core) current(t int, conn uint64) *target {
	if tg := &c.targets[t]; tg.connected && tg.conn == conn {
		return tg
	}
	return nil
}

// check starts the housekeeping: pipeline, entries, copies.
func (c *Core) check(t int) {
	tg := &c.targets[t]
	tg.step = stepPipeline
	c.emit(Effect{Kind: EffectReadPipeline, Target: t, Conn: tg.conn})
}

// audit checks a connected target once in a while.
func (c *Core) audit(now time.Duration, t int) {
	if now >= c.auditDeadline(t) {
		c.check(t)
	}
}

func (c *Core) auditDeadline(t int) time.Duration {
	if tg := &c.targets[t]; tg.connected && tg.step == stepIdle {
		return tg.auditAt
	}
	return monotime.Never
}

// PipelineRead: target t runs our pipeline (ours), or another one or none.
func (c *Core) PipelineRead(now time.Duration, t int, conn uint64, ours bool) {
	tg := c.current(t, conn)
	if tg == nil || tg.step != stepPipeline {
		return
	}
	c.switchRuns(now, t, ours)
	if ours {
		c.readEntries(t)
	} else {
		tg.ready = false
		tg.step = stepPush
		c.emit(Effect{Kind: EffectPushPipeline, Target: t, Conn: conn})
		c.entriesGone(now, t)
	}
	c.advance(now)
}

// entriesGone: nothing of ours is installed on target t any more. Its groups need new numbers,
// whatever a later read finds.
func (c *Core) entriesGone(now time.Duration, t int) {
	tg := &c.targets[t]
	for i := range c.groups {
		tg.entries[i].session = 0
		tg.entries[i].touched = c.op
		if c.groups[i].target == t {
			c.groupGone(now, &c.groups[i])
		}
	}
}

// PipelinePushed: target t now runs our pipeline, with empty tables.
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

// EntriesRead: the read with operation number op found these sequence entries on target t, at
// most one for each group.
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

// Prepared: target t needs nothing but sequence entries (ok), or could not be brought there, which
// keeps it from being a candidate and is tried again at the next audit. A session that it serves
// goes on.
func (c *Core) Prepared(now time.Duration, t int, conn uint64, ok bool) {
	tg := c.current(t, conn)
	if tg == nil || tg.step != stepPrepare {
		return
	}
	tg.heard = true
	tg.step = stepIdle
	tg.ready = ok
	tg.auditAt = now + c.cfg.AuditInterval
	c.switchPrepared(t, ok)
	if c.verifying(t) {
		c.check(t) // the read was under way before the install failed: read again
	}
	c.advance(now)
}

// Removed: the old entry of a group is gone from target t, or could not be removed; the next
// audit finds out.
func (c *Core) Removed(now time.Duration, t int, conn uint64, group uint32) {
	tg := c.current(t, conn)
	i, known := c.index[group]
	if tg == nil || !known {
		return
	}
	tg.entries[i] = entry{touched: c.op}
	c.advance(now)
}
