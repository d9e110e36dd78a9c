package controlplane

import (
	"context"
	"time"

	p4v1 "github.com/p4lang/p4runtime/go/p4/v1"
)

// Pauses between two attempts to connect to a target. The first attempt after a connection was
// lost comes at once, and its refusal tells a process that ended from a network that dropped the
// connection; but at most once per immediateEvery, for a target that accepts and hangs up.
const (
	minReconnect   = 10 * time.Millisecond
	maxReconnect   = time.Second
	immediateEvery = time.Second
)

// targetLink keeps a connection to one target.
type targetLink struct {
	number   int
	cfg      Sequencer
	election uint64 // of this controller's life
	pipeline pipeline
	probes   probeGate

	// Owned by the loop.
	live      *connection // nil: none
	lastError error       // why the last connection ended or could not be made
	connected uint64      // connections made
}

// hold connects to the target again and again until ctx is done.
func (c *Controller) hold(ctx context.Context, l *targetLink) {
	pause := time.Duration(0)
	var immediate time.Time // last attempt without a pause
	for attempt := uint64(1); ctx.Err() == nil; attempt++ {
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
		pause = min(max(2*pause, minReconnect), maxReconnect)
		conn, err := connect(ctx, l.cfg, electionID(l.election, attempt), func(p *p4v1.PacketIn) { c.packetIn(ctx, l, p) })
		if err != nil {
			c.down(ctx, l, err)
			continue
		}
		c.post(ctx, func(now time.Duration) {
			l.live = conn
			l.connected++
			c.core.Connected(now, l.number)
		})
		<-conn.ctx.Done()
		c.down(ctx, l, conn.cause())
		conn.close()
		if time.Since(immediate) >= immediateEvery {
			pause, immediate = 0, time.Now()
		}
	}
}

// packetIn tells the core of a probe that a switch handed over.
func (c *Controller) packetIn(ctx context.Context, l *targetLink, p *p4v1.PacketIn) {
	from, round, ok := parseProbe(p.GetPayload(), c.probeKey)
	refused := refusedForged
	if ok {
		refused = l.probes.admit(from, Port{c.core.switchOfTarget(l.number), ingressPort(p)}, round)
	}
	if refused != "" {
		c.metrics.packetsRefused.WithLabelValues(l.cfg.Name, refused).Inc()
		return
	}
	c.post(ctx, func(time.Duration) { c.core.ProbeSeen(l.number, from.Number, round) })
}

// down tells the core that the target is not connected.
func (c *Controller) down(ctx context.Context, l *targetLink, err error) {
	c.post(ctx, func(now time.Duration) {
		if l.live != nil || l.lastError == nil || l.lastError.Error() != err.Error() {
			c.log.Warn("sequencer is not connected", "sequencer", l.cfg.Name, "address", l.cfg.P4RuntimeAddr, "error", err)
		}
		l.live = nil
		l.lastError = err
		c.core.Lost(now, l.number, refused(err))
	})
}
