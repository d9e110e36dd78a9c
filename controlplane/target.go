package controlplane

import (
	"context"
	"net/netip"
	"time"

	"github.com/netordered/nopaxos/controlplane/fabric"
	"github.com/netordered/nopaxos/controlplane/p4runtime"
	"github.com/netordered/nopaxos/controlplane/probe"
	"github.com/netordered/nopaxos/internal/wait"
)

// Pauses between two attempts to connect to a target. The first attempt after a connection was lost follows at once,
// and its refusal distinguishes a process that ended from a network that dropped the connection; but at most once per
// immediateEvery, for a target that accepts and hangs up.
const (
	minReconnect   = 10 * time.Millisecond
	maxReconnect   = time.Second
	immediateEvery = time.Second
)

// target is a P4Runtime target, and the connection to it.
type target struct {
	number   int
	sw       int // its switch, or fabric.None
	name     string
	at       p4runtime.Target
	dataAddr netip.AddrPort // of an end host
	pipeline p4runtime.Pipeline
	probes   probe.Gate

	// Owned by the loop.
	conn      *p4runtime.Conn // nil: none
	lastError error           // why the last connection ended or could not be made
	connected uint64          // connections made
}

// newTarget returns target number t, which is switch sw or, if that is fabric.None, end-host sequencer t. life is the
// election id of this controller's life.
func newTarget(cfg Config, t, sw int, life uint64) (*target, error) {
	var s fabric.Switch
	tg := &target{number: t, sw: sw}
	if sw == fabric.None {
		end := cfg.Sequencers[t]
		s = fabric.Switch{Name: end.Name, P4RuntimeAddr: end.P4RuntimeAddr, DeviceID: end.DeviceID}
		tg.dataAddr = end.DataAddr
	} else {
		s = cfg.Topology.Switches[sw]
	}
	tg.name, tg.at = s.Name, p4runtime.Target{Addr: s.P4RuntimeAddr, DeviceID: s.DeviceID, Life: life}
	var err error
	tg.pipeline, err = p4runtime.NewPipeline(s.DeviceConfig)
	return tg, err
}

// addressOf returns where senders of a group send to while the target is its sequencer.
func (t *target) addressOf(group uint32) netip.AddrPort {
	if t.sw != fabric.None {
		return netip.AddrPortFrom(addrOf(group), fabric.OUMPort)
	}
	return t.dataAddr
}

// hold connects to the target again and again until ctx is done.
func (c *Controller) hold(ctx context.Context, t *target) {
	pause := time.Duration(0)
	var immediate time.Time // last attempt without a pause
	at := t.at
	at.PacketIn = func(port uint16, frame []byte) { c.packetIn(ctx, t, port, frame) }
	for wait.For(ctx, pause) == nil {
		pause = min(max(2*pause, minReconnect), maxReconnect)
		at.Attempt++
		conn, err := p4runtime.Connect(ctx, at)
		if err != nil {
			c.down(ctx, t, err)
			continue
		}
		c.post(ctx, func(now time.Duration) {
			t.conn = conn
			t.connected++
			c.core.Connected(now, t.number)
		})
		<-conn.Done()
		c.down(ctx, t, conn.Err())
		conn.Close()
		if time.Since(immediate) >= immediateEvery {
			pause, immediate = 0, time.Now()
		}
	}
}

// packetIn tells the core of a probe that a switch handed over.
func (c *Controller) packetIn(ctx context.Context, t *target, port uint16, frame []byte) {
	round, refused := t.probes.Admit(frame, c.probeKey, fabric.Port{Switch: t.sw, Number: port})
	if refused != "" {
		c.metrics.packetsRefused.WithLabelValues(t.name, refused).Inc()
		return
	}
	c.post(ctx, func(time.Duration) { c.core.ProbeSeen(t.number, port, round) })
}

// down tells the core that the target is not connected.
func (c *Controller) down(ctx context.Context, t *target, err error) {
	c.post(ctx, func(now time.Duration) {
		if t.conn != nil || t.lastError == nil || t.lastError.Error() != err.Error() {
			c.log.Warn("target is not connected", "target", t.name, "address", t.at.Addr, "error", err)
		}
		t.conn = nil
		t.lastError = err
		c.core.Lost(now, t.number, p4runtime.Refused(err))
	})
}
