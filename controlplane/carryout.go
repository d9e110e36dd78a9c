package controlplane

import (
	"context"
	"time"
)

// carryOut starts what the core wants. Whatever waits does so in a goroutine of its own, which
// ends by posting the answer.
func (c *Controller) carryOut(ctx context.Context, e Effect) {
	switch e.Kind {
	case EffectAllocate:
		c.work.Go(func() { c.allocate(ctx, e) })
	case EffectPublish:
		l := c.targets[e.Target]
		c.log.Info("group has a new route", "group", e.Group, "session", e.Session, "sequencer", l.cfg.Name)
		c.routes.publish(e.Group, e.Session, l.cfg)
	case EffectProbe:
		c.probe(ctx, e)
	case EffectReadPipeline, EffectPushPipeline, EffectReadEntries, EffectPrepare, EffectInstall, EffectRemove, EffectReset:
		l := c.targets[e.Target]
		conn := l.live
		if conn == nil {
			return // the core is about to hear that it is lost
		}
		c.work.Go(func() { c.program(ctx, l, conn, e) })
	}
}

// probe hands a probe to the stream's writer. One that does not get there is lost, like on the way.
func (c *Controller) probe(ctx context.Context, e Effect) {
	l := c.targets[e.Target]
	if conn := l.live; conn != nil {
		from := Port{Switch: c.core.switchOfTarget(e.Target), Number: e.Port}
		c.work.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, c.cfg.Topology.Probe)
			defer cancel()
			_ = conn.sendProbe(ctx, c.cfg.Topology, c.probeKey, from, e.Op)
		})
	}
}

func (c *Controller) allocate(ctx context.Context, e Effect) {
	session, err := c.store.Next(e.Group, e.Floor)
	c.post(ctx, func(now time.Duration) {
		if err != nil {
			c.log.Error("no session number", "group", e.Group, "error", err)
			c.metrics.storeFailures.Inc()
			c.core.AllocateFailed(now, e.Group)
			return
		}
		c.metrics.sessions.Inc()
		c.core.Allocated(now, e.Group, session)
	})
}

// program carries out one effect on a target, over the connection that the effect belongs to.
func (c *Controller) program(ctx context.Context, l *targetLink, conn *connection, e Effect) {
	var err error
	var answer func(now time.Duration) // what the core is told when err is nil
	switch e.Kind {
	case EffectReset:
		conn.cancel(errReset)
		return
	case EffectReadPipeline:
		var ours bool
		ours, err = conn.runs(conn.ctx, l.pipeline)
		answer = func(now time.Duration) { c.core.PipelineRead(now, e.Target, e.Conn, ours) }
	case EffectPushPipeline:
		err = conn.push(conn.ctx, l.pipeline)
		answer = func(now time.Duration) { c.core.PipelinePushed(now, e.Target, e.Conn) }
	case EffectReadEntries:
		var entries []SequenceEntry
		entries, err = conn.sequences(conn.ctx, c.plan)
		answer = func(now time.Duration) { c.core.EntriesRead(now, e.Target, e.Conn, e.Op, entries) }
	case EffectPrepare:
		err = conn.prepare(conn.ctx, c.plan, e.Forwarding, e.Afresh)
		answer = func(now time.Duration) { c.core.Prepared(now, e.Target, e.Conn, true) }
	case EffectInstall:
		err = conn.install(conn.ctx, c.plan, e.Group, e.Session, e.Replace)
		answer = func(now time.Duration) { c.core.Installed(now, e.Target, e.Conn, e.Group, e.Session) }
	case EffectRemove:
		err = conn.remove(conn.ctx, c.plan, e.Group, e.Forwarding)
		answer = func(now time.Duration) { c.core.Removed(now, e.Target, e.Conn, e.Group) }
	}
	c.post(ctx, func(now time.Duration) {
		if err == nil {
			answer(now)
			return
		}
		if conn.ctx.Err() == nil { // else the end of the connection is the news
			l.lastError = err
			c.metrics.targetFailures.WithLabelValues(l.cfg.Name, e.Kind.String()).Inc()
			c.log.Error("sequencer cannot be programmed", "sequencer", l.cfg.Name, "effect", e.Kind, "group", e.Group, "session", e.Session, "error", err)
		}
		c.programFailed(now, e)
	})
}

// programFailed tells the core that an effect on a target failed.
func (c *Controller) programFailed(now time.Duration, e Effect) {
	switch e.Kind {
	case EffectInstall:
		c.core.InstallFailed(now, e.Target, e.Conn, e.Group, e.Session)
	case EffectRemove:
		c.core.Removed(now, e.Target, e.Conn, e.Group)
	case EffectPrepare:
		c.core.Prepared(now, e.Target, e.Conn, false)
	default:
		c.core.Failed(now, e.Target, e.Conn)
	}
}
