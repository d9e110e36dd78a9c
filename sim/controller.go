package sim

import (
	"fmt"
	"time"

	"github.com/netordered/nopaxos/controlplane"
)

// controller is a controller's process: the unmodified decisions of controlplane.Core, and a model
// of what stands around them, the store and the connections to the targets. It may die at any
// moment; what it has sent to a target may then still happen, until its successor connects there.
type controller struct {
	w   *world
	rng random
	up  bool

	durable uint32 // newest session number in the store, which survives the controller

	life  int
	core  *controlplane.Core
	links []link
	due   time.Duration // of the event that counts for Tick

	session uint32 // published last; 0: none
	target  int    // where
}

// link is a controller's connection to one target.
type link struct {
	conn   int // number of the connection, across controllers; 0: none
	misses int // probes in a row that found the target out of reach
}

const (
	controllerInterval = 2 * time.Millisecond // between two looks at a target, and two announcements
	controllerMisses   = 3                    // until a connection that leads nowhere is found lost
	effectTimeout      = 10 * time.Millisecond
	storeLatency       = 300 * time.Microsecond
	writeLatency       = 400 * time.Microsecond
	answerLost         = 20_000 // per million
)

// controllerTiming suits runs that last less than a second.
func controllerTiming() controlplane.Timing {
	return controlplane.Timing{
		Grace: 4 * time.Millisecond, StartGrace: 10 * time.Millisecond, InstallTimeout: effectTimeout,
		AuditInterval: 50 * time.Millisecond, ReportWindow: 40 * time.Millisecond, ReportHoldoff: 5 * time.Millisecond,
	}
}

func newController(w *world, seed uint64) *controller {
	return &controller{w: w, rng: stream(seed, purposeController)}
}

func (c *controller) node() int { return c.w.s.controllerNode() }

// start is the start of a process on what the store has.
func (c *controller) start() {
	core, err := controlplane.NewCore(controlplane.CoreConfig{
		Groups: []controlplane.CoreGroup{{
			Number: groupNumber, F: c.w.s.replicas / 2, Replicas: c.w.s.replicas, Last: c.durable,
		}},
		Targets: c.w.s.sequencers, Timing: controllerTiming(),
	})
	if err != nil {
		c.w.fail(c.node(), "controlplane.NewCore: %v", err)
		return
	}
	c.up, c.core = true, core
	c.life++
	c.links = make([]link, c.w.s.sequencers)
	c.session, c.due = 0, controlplane.Never
	core.Start(c.w.now)
	c.settle()
	c.step(c.life)
}

func (c *controller) stop() { c.up = false; c.life++ }

// later runs f after some time, unless the controller has died by then.
func (c *controller) later(d time.Duration, f func()) {
	life := c.life
	c.w.after(d, func() {
		if c.up && c.life == life {
			f()
		}
	})
}

// step is the periodic work of one life of the controller.
func (c *controller) step(life int) {
	for t := range c.links {
		c.look(t)
	}
	if c.session != 0 {
		c.announce()
	}
	c.later(controllerInterval, func() { c.step(life) })
}

func (c *controller) reaches(t int) bool {
	node := c.w.s.sequencerNode(t)
	return c.w.net.connected(c.node(), node) && c.w.net.connected(node, c.node())
}

// look keeps the connection to a target: a new one where there is none, the end of one whose
// target is gone at once, of one that leads nowhere after a while.
func (c *controller) look(t int) {
	s, l := c.w.sequencers[t], &c.links[t]
	switch reaches := c.reaches(t); {
	case reaches && !s.up:
		if l.conn != 0 || !s.knownDown {
			c.lost(t, true)
		}
		s.knownDown = true
	case reaches && l.conn == 0:
		s.connections++
		*l = link{conn: s.connections}
		c.core.Connected(c.w.now, t)
		c.settle()
	case reaches && l.conn < s.oldest:
		c.lost(t, false) // another process answers there
	case reaches:
		l.misses = 0
	default:
		if l.misses++; l.misses == controllerMisses {
			c.lost(t, false)
		}
	}
}

// lost is the end of a connection, or an attempt that failed.
func (c *controller) lost(t int, refused bool) {
	c.links[t].conn = 0
	c.core.Lost(c.w.now, t, refused)
	c.settle()
}

// spurious makes the controller move on from a healthy sequencer: because f+1 replicas report it,
// or because something on the way resets the connection.
func (c *controller) spurious(reset bool) {
	switch {
	case !c.up || c.session == 0:
	case reset && c.links[c.target].conn != 0:
		c.lost(c.target, true)
	default:
		for r := range c.w.s.replicas/2 + 1 {
			c.report(r, c.session)
		}
	}
}

// report is a replica's word that the sequencer of session seems dead.
func (c *controller) report(replica int, session uint32) {
	if c.up {
		c.core.Report(c.w.now, groupNumber, session, replica)
		c.settle()
	}
}

// settle carries out what the core wants and schedules its next Tick.
func (c *controller) settle() {
	for {
		if err := c.core.Err(); err != nil {
			c.w.fail(c.node(), "core stopped: %v", err)
			c.stop()
			return
		}
		effects := c.core.Effects()
		if len(effects) == 0 {
			break
		}
		wanted := append([]controlplane.Effect(nil), effects...)
		c.core.ClearEffects()
		for _, e := range wanted {
			c.carryOut(e)
		}
	}
	at := c.core.Deadline()
	if at == controlplane.Never || at >= c.due && c.due > c.w.now {
		return
	}
	at = max(at, c.w.now+time.Microsecond)
	c.due = at
	c.later(at-c.w.now, func() {
		if c.due == at {
			c.due = controlplane.Never
			c.core.Tick(c.w.now)
			c.settle()
		}
	})
}

func (c *controller) carryOut(e controlplane.Effect) {
	switch e.Kind {
	case controlplane.EffectAllocate:
		c.allocate(e)
	case controlplane.EffectPublish:
		c.w.note(c.node(), fmt.Sprintf("publishes session %d at sequencer %d", e.Session, e.Target))
		c.w.check.published(e.Session, e.Target)
		c.session, c.target = e.Session, e.Target
		c.announce()
	case controlplane.EffectReset:
		c.later(0, func() {
			if c.links[e.Target].conn != 0 {
				c.lost(e.Target, false)
			}
		})
	default:
		c.program(e)
	}
}

// allocate is the store: the number is durable before the core has it. If the controller dies in
// between, the number is spent all the same.
func (c *controller) allocate(e controlplane.Effect) {
	c.later(c.rng.duration(0, storeLatency), func() {
		c.durable = max(c.durable, e.Floor) + 1
		session := c.durable
		c.later(c.rng.duration(0, storeLatency), func() {
			c.core.Allocated(c.w.now, e.Group, session)
			c.settle()
		})
	})
}

// program carries out an effect on a target: the request on its way, what the target does, and the
// answer on its way back. The controller may die meanwhile, the connection break, the target
// restart, or the answer be lost.
func (c *controller) program(e controlplane.Effect) {
	conn := c.links[e.Target].conn
	if conn == 0 {
		return // the core is about to hear that it is lost
	}
	s, life := c.w.sequencers[e.Target], c.life
	answered := false
	answer := func(f func()) {
		if c.up && c.life == life && c.links[e.Target].conn == conn && !answered {
			answered = true
			f()
			c.settle()
		}
	}
	c.w.after(effectTimeout, func() { answer(func() { c.failed(e) }) })
	c.w.after(c.rng.duration(0, writeLatency), func() {
		if !s.serves(conn) || !c.reaches(e.Target) {
			return
		}
		say := c.happen(e, s)
		if e.Kind == controlplane.EffectInstall && c.rng.chance(answerLost) {
			return
		}
		c.w.after(c.rng.duration(0, writeLatency), func() {
			if c.reaches(e.Target) {
				answer(say)
			}
		})
	})
}

// happen is what a target does, and what it answers.
func (c *controller) happen(e controlplane.Effect, s *sequencer) (answer func()) {
	core := c.core
	switch e.Kind {
	case controlplane.EffectReadPipeline:
		ours := s.pipeline
		return func() { core.PipelineRead(c.w.now, e.Target, e.Conn, ours) }
	case controlplane.EffectPushPipeline:
		s.push()
		return func() { core.PipelinePushed(c.w.now, e.Target, e.Conn) }
	case controlplane.EffectReadEntries:
		var entries []controlplane.SequenceEntry
		if s.session != 0 {
			entries = append(entries, controlplane.SequenceEntry{Group: groupNumber, Session: s.session, Intact: true})
		}
		return func() { core.EntriesRead(c.w.now, e.Target, e.Conn, e.Op, entries) }
	case controlplane.EffectPrepare:
		ok := s.pipeline
		return func() { core.Prepared(c.w.now, e.Target, e.Conn, ok) }
	case controlplane.EffectInstall:
		c.w.note(c.node(), fmt.Sprintf("installs session %d at sequencer %d", e.Session, e.Target))
		if c.w.check.durable(e.Session, c.durable); !s.pipeline || (s.session != 0) != e.Replace {
			return func() { c.failed(e) }
		}
		s.install(e.Session)
		return func() { core.Installed(c.w.now, e.Target, e.Conn, e.Group, e.Session) }
	case controlplane.EffectRemove:
		s.session = 0
		return func() { core.Removed(c.w.now, e.Target, e.Conn, e.Group) }
	}
	c.w.fail(c.node(), "effect of unknown kind %v", e.Kind)
	return func() {}
}

// failed answers an effect that a target refused or did not answer in time.
func (c *controller) failed(e controlplane.Effect) {
	switch e.Kind {
	case controlplane.EffectInstall:
		c.core.InstallFailed(c.w.now, e.Target, e.Conn, e.Group, e.Session)
	case controlplane.EffectRemove:
		c.core.Removed(c.w.now, e.Target, e.Conn, e.Group)
	case controlplane.EffectPrepare:
		c.core.Prepared(c.w.now, e.Target, e.Conn, false)
	default:
		c.core.Failed(c.w.now, e.Target, e.Conn)
	}
}

// announce tells everyone reachable what is current.
func (c *controller) announce() {
	session, target := c.session, c.target
	for node := range c.w.s.nodes() {
		if c.w.net.connected(c.node(), node) {
			c.w.after(c.w.net.delay(node), func() { c.w.told(node, session, target) })
		}
	}
}
