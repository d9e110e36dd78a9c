package controlplane

import (
	"context"
	"errors"
	"time"

	"github.com/netordered/nopaxos/controlplane/fabric"
	"github.com/netordered/nopaxos/controlplane/failover"
	"github.com/netordered/nopaxos/controlplane/p4runtime"
	"github.com/netordered/nopaxos/controlplane/probe"
)

// errReset ends a connection whose target does not carry out its requests.
var errReset = errors.New("closed by the controller, to start again with the target")

// carryOut starts an effect. Effects that wait do so in a goroutine of their own, which ends by posting the answer.
func (c *Controller) carryOut(ctx context.Context, e failover.Effect) {
	switch e.Kind {
	case failover.EffectAllocate:
		c.work.Go(func() { c.allocate(ctx, e) })
		return
	case failover.EffectPublish:
		t := c.targets[e.Target]
		c.log.Info("group has a new route", "group", e.Group, "session", e.Session, "sequencer", t.name)
		c.routes.publish(e.Group, e.Session, t.name, t.addressOf(e.Group))
		return
	}
	t := c.targets[e.Target]
	conn := t.conn
	switch {
	case conn == nil: // the core is about to learn that it is lost
	case e.Kind == failover.EffectReset:
		conn.Abort(errReset)
	case e.Kind == failover.EffectProbe:
		c.work.Go(func() { c.probe(ctx, t, conn, e) })
	default:
		c.work.Go(func() { c.program(ctx, t, conn, e) })
	}
}

// probe hands a probe to the stream's writer. If that fails the probe is lost, as if it were on the way.
func (c *Controller) probe(ctx context.Context, t *target, conn *p4runtime.Conn, e failover.Effect) {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Topology.Probe)
	defer cancel()
	frame := probe.Frame(c.probeKey, c.cfg.Topology, fabric.Port{Switch: t.sw, Number: e.Port}, e.Op)
	_ = conn.SendPacket(ctx, e.Port, frame)
}

func (c *Controller) allocate(ctx context.Context, e failover.Effect) {
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
func (c *Controller) program(ctx context.Context, t *target, conn *p4runtime.Conn, e failover.Effect) {
	var err error
	var answer func(now time.Duration) // if err is nil
	failed := func(now time.Duration) { c.core.Failed(now, e.Target, e.Conn) }
	switch e.Kind {
	case failover.EffectReadPipeline:
		var ours bool
		ours, err = conn.Runs(t.pipeline)
		answer = func(now time.Duration) { c.core.PipelineRead(now, e.Target, e.Conn, ours) }
	case failover.EffectPushPipeline:
		err = conn.Push(t.pipeline)
		answer = func(now time.Duration) { c.core.PipelinePushed(now, e.Target, e.Conn) }
	case failover.EffectReadEntries:
		var entries []failover.SequenceEntry
		entries, err = conn.Sequences(c.plan)
		answer = func(now time.Duration) { c.core.EntriesRead(now, e.Target, e.Conn, e.Op, entries) }
	case failover.EffectPrepare:
		err = conn.Prepare(c.plan, e.Forwarding, e.Afresh)
		answer = func(now time.Duration) { c.core.Prepared(now, e.Target, e.Conn, err == nil) }
		failed = answer
	case failover.EffectInstall:
		err = conn.Install(c.plan, e.Group, e.Session, e.Replace)
		answer = func(now time.Duration) { c.core.Installed(now, e.Target, e.Conn, e.Group, e.Session) }
		failed = func(now time.Duration) { c.core.InstallFailed(now, e.Target, e.Conn, e.Group, e.Session) }
	case failover.EffectRemove:
		err = conn.Remove(c.plan, e.Group, e.Forwarding)
		answer = func(now time.Duration) { c.core.Removed(now, e.Target, e.Conn, e.Group) }
		failed = answer
	}
	c.post(ctx, func(now time.Duration) {
		if err == nil {
			answer(now)
			return
		}
		if conn.Err() == nil { // else the end of the connection is the news
			t.lastError = err
			c.metrics.targetFailures.WithLabelValues(t.name, e.Kind.String()).Inc()
			c.log.Error("target cannot be programmed", "target", t.name, "effect", e.Kind, "group", e.Group, "session", e.Session, "error", err)
		}
		failed(now)
	})
}
