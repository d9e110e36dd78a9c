package model

import (
	"time"

	"github.com/netordered/nopaxos/controlplane/failover"
	"github.com/netordered/nopaxos/monotime"
)

// The curve of an unreplicated server does not include the cost of the controller's effects. These are assumptions
// about a store on a solid-state disk and a switch's driver.
const (
	storeTime = time.Millisecond // until a session number is durable
	writeTime = time.Millisecond // a write or a read, at the switch
)

// controller runs the unmodified failover.Core with its default timing and carries out its effects. It is not on
// a request's way and has no host: its messages take a message's time but no CPU.
type controller struct {
	g         *group
	core      *failover.Core
	durable   uint32
	session   uint32        // latest published
	published time.Duration // time of that
	tickAt    time.Duration
}

// startController starts a controller. It finds both sequencers connected and the first one active.
func (g *group) startController() (*controller, error) {
	core, err := failover.New(failover.Config{
		Groups: []failover.Group{{
			Number: groupNumber, F: len(g.members) / 2, Replicas: len(g.members), Last: firstSession,
		}},
		Targets: len(g.relays),
	})
	if err != nil {
		return nil, err
	}
	c := &controller{g: g, core: core, durable: firstSession, session: firstSession, tickAt: monotime.Never}
	g.report = func(replica int, session uint32) {
		c.after(c.oneWay(), func(now time.Duration) { core.Report(now, groupNumber, session, replica) })
	}
	g.net.At(0, func(now time.Duration) {
		core.Start(now)
		for t := range g.relays {
			core.Connected(now, t)
		}
		c.settle()
	})
	return c, nil
}

// oneWay is the delay of a message to or from the controller.
func (c *controller) oneWay() time.Duration {
	costs := &c.g.load.Costs
	return costs.Send + costs.Host + crossing*costs.Link + costs.Receive
}

// after calls f after a delay.
func (c *controller) after(d time.Duration, f func(now time.Duration)) {
	c.g.net.At(c.g.net.Now()+d, func(now time.Duration) {
		f(now)
		c.settle()
	})
}

// settle carries out the core's effects and arms its deadline.
func (c *controller) settle() {
	effects := append([]failover.Effect(nil), c.core.Effects()...)
	c.core.ClearEffects()
	for _, e := range effects {
		c.carryOut(e)
	}
	if err := c.core.Err(); err != nil {
		c.g.fail(err)
	}
	if at := c.core.Deadline(); at < c.tickAt {
		c.tickAt = at
		c.g.net.At(at, func(now time.Duration) {
			if c.tickAt = monotime.Never; now >= c.core.Deadline() {
				c.core.Tick(now)
			}
			c.settle()
		})
	}
}

func (c *controller) carryOut(e failover.Effect) {
	switch e.Kind {
	case failover.EffectAllocate:
		c.durable = max(c.durable, e.Floor) + 1
		session := c.durable
		c.after(storeTime, func(now time.Duration) { c.core.Allocated(now, e.Group, session) })
	case failover.EffectPublish:
		if e.Session > c.session {
			c.publish(e)
		}
	default:
		c.program(e)
	}
}

// publish announces the group's sequencer to replicas and clients.
func (c *controller) publish(e failover.Effect) {
	c.session, c.published = e.Session, c.g.net.Now()
	address := c.g.relays[e.Target].address()
	c.after(c.oneWay(), func(time.Duration) {
		for _, m := range c.g.members {
			m.route(e.Session, address)
		}
		for _, k := range c.g.callers {
			k.host.post(func(now time.Duration) { k.reroute(now, address) })
		}
	})
}

// program carries out an effect on a sequencer: the request, the sequencer's action, the answer.
func (c *controller) program(e failover.Effect) {
	r := c.g.relays[e.Target]
	c.after(c.oneWay()+writeTime, func(time.Duration) {
		if r.unplugged {
			return
		}
		answer := c.perform(r, e)
		c.after(c.oneWay(), answer)
	})
}

// perform is a sequencer's action. The function it returns delivers the answer.
func (c *controller) perform(r *relay, e failover.Effect) (answer func(now time.Duration)) {
	core := c.core
	switch e.Kind {
	case failover.EffectReadPipeline:
		return func(now time.Duration) { core.PipelineRead(now, e.Target, e.Conn, true) }
	case failover.EffectReadEntries:
		var entries []failover.SequenceEntry
		if r.session != 0 {
			entries = append(entries, failover.SequenceEntry{Group: groupNumber, Session: r.session, Intact: true})
		}
		return func(now time.Duration) { core.EntriesRead(now, e.Target, e.Conn, e.Op, entries) }
	case failover.EffectPrepare:
		return func(now time.Duration) { core.Prepared(now, e.Target, e.Conn, true) }
	case failover.EffectInstall:
		r.install(e.Session)
		return func(now time.Duration) { core.Installed(now, e.Target, e.Conn, e.Group, e.Session) }
	case failover.EffectRemove:
		r.session = 0
		return func(now time.Duration) { core.Removed(now, e.Target, e.Conn, e.Group) }
	}
	return func(time.Duration) {}
}

// lost reports to the controller that a sequencer refused the connection.
func (c *controller) lost(target int) {
	c.after(c.oneWay(), func(now time.Duration) { c.core.Lost(now, target, true) })
}
