package sim

import (
	"fmt"
	"time"

	"github.com/netordered/nopaxos/controlplane/failover"
)

// controller is a controller's process: the unmodified failover.Core, and a model of its environment, which is
// the store and the connections to the targets. It may crash at any moment. Requests that it has sent may still take
// effect until its successor connects to their target.
type controller struct {
	process
	rng random

	durable uint32 // newest session number in the store
	pending Fault  // crash that waits for its moment; zero if none

	core     *failover.Core
	channels []channel

	session uint32 // latest published; 0 if none
	target  int    // of that session
}

// channel is a controller's connection to a target.
type channel struct {
	conn   int // number of the connection, across controllers; 0 if none
	misses int // successive probes that did not reach the target
}

const (
	controllerInterval = 2 * time.Millisecond // between probes of a target, and between announcements
	controllerMisses   = 3                    // after which a connection counts as lost
	effectTimeout      = 10 * time.Millisecond
	storeLatency       = 300 * time.Microsecond
	writeLatency       = 400 * time.Microsecond
	answerLost         = 20_000 // per million
)

// controllerTiming suits runs that last less than a second. Replicas repeat their reports every SuspectSequencer,
// each in its own rhythm, so reports within that time must count together.
func controllerTiming(s *settings) failover.Timing {
	return failover.Timing{
		Grace: 4 * time.Millisecond, StartGrace: 10 * time.Millisecond, InstallTimeout: effectTimeout,
		AuditInterval: 50 * time.Millisecond, ReportWindow: max(40*time.Millisecond, 2*s.core.SuspectSequencer), ReportHoldoff: 5 * time.Millisecond,
	}
}

func newController(w *world, seed uint64) *controller {
	return &controller{process: process{w: w, node: w.s.controllerNode()}, rng: stream(seed, purposeController)}
}

// start starts a process with the store's content.
func (c *controller) start() {
	core, err := failover.New(failover.Config{
		Groups: []failover.Group{{
			Number: groupNumber, F: c.w.s.replicas / 2, Replicas: c.w.s.replicas, Last: c.durable,
		}},
		Targets: c.w.s.sequencers, Timing: controllerTiming(c.w.s),
	})
	if err != nil {
		c.w.fail(c.node, "failover.New: %v", err)
		return
	}
	c.boot(&c.rng)
	c.core, c.session = core, 0
	c.channels = make([]channel, c.w.s.sequencers)
	core.Start(c.now())
	c.settle()
	c.step(c.life)
}

func (c *controller) stop() {
	c.up, c.pending, c.stalledUntil = false, Fault{}, 0
	c.life++
}

// crash is kill -9.
func (c *controller) crash(downFor time.Duration) {
	c.w.note(c.node, "crashes")
	c.stop()
	c.w.after(downFor, c.start)
}

func (c *controller) waitsFor(moment int) bool {
	return c.pending.Kind == stopControllerAt && c.pending.Arg == moment
}

// crashesAt reports whether the controller crashes now because of a fault that waited for this moment.
func (c *controller) crashesAt(moment int) bool {
	crashes := c.waitsFor(moment)
	if crashes {
		c.w.note(c.node, fmt.Sprintf("%v, moment %d", stopControllerAt, moment))
		c.crash(c.pending.For)
	}
	return crashes
}

// step is the periodic work of one life of the controller.
func (c *controller) step(life int) {
	for t := range c.channels {
		if c.look(t); !c.up {
			return
		}
	}
	if c.session != 0 {
		c.announce(c.w.s.nodes())
	}
	c.later(controllerInterval, func() { c.step(life) })
}

func (c *controller) reaches(t int) bool {
	node := c.w.s.sequencerNode(t)
	return c.w.net.connected(c.node, node) && c.w.net.connected(node, c.node)
}

// look maintains the connection to a target: it connects, notices at once that a target has stopped, and after a
// while that a connection is dead.
func (c *controller) look(t int) {
	s, ch := c.w.sequencers[t], &c.channels[t]
	switch reaches := c.reaches(t) && !s.stalled(c.w.now); {
	case reaches && !s.up:
		if ch.conn != 0 || !s.knownDown {
			c.lost(t, true)
		}
		s.knownDown = true
	case reaches && ch.conn == 0:
		s.connections++
		*ch = channel{conn: s.connections}
		c.core.Connected(c.now(), t)
		c.settle()
	case reaches && ch.conn < s.oldest:
		c.lost(t, false) // the target was restarted
	case reaches:
		ch.misses = 0
	default:
		if ch.misses++; ch.misses == controllerMisses {
			c.lost(t, false)
		}
	}
}

// lost reports a broken connection or a failed attempt.
func (c *controller) lost(t int, refused bool) {
	c.channels[t].conn = 0
	c.core.Lost(c.now(), t, refused)
	c.settle()
}

// spurious makes the controller replace a healthy sequencer, because f+1 replicas report it or because its connection
// is reset.
func (c *controller) spurious(reset bool) {
	switch {
	case !c.up || c.session == 0 || c.stalled(c.w.now):
	case reset && c.channels[c.target].conn != 0:
		c.lost(c.target, true)
	default:
		for r := range c.w.s.replicas/2 + 1 {
			c.report(r, c.session)
		}
	}
}

// report is a replica's report that the sequencer of a session is dead.
func (c *controller) report(replica int, session uint32) {
	if c.up && !c.stalled(c.w.now) {
		c.core.Report(c.now(), groupNumber, session, replica)
		c.settle()
	}
}

// settle carries out what the core wants and schedules its next Tick.
func (c *controller) settle() {
	for c.up {
		if err := c.core.Err(); err != nil {
			c.w.fail(c.node, "core stopped: %v", err)
			c.stop()
			return
		}
		effects := c.core.Effects()
		if len(effects) == 0 {
			break
		}
		wanted := append([]failover.Effect(nil), effects...)
		c.core.ClearEffects()
		for _, e := range wanted {
			if c.up {
				c.carryOut(e)
			}
		}
	}
	if c.up {
		c.arm(c.core.Deadline())
	}
}

// tick handles the timer's event.
func (c *controller) tick(at time.Duration) {
	if c.fires(at) && c.up {
		c.core.Tick(c.now())
		c.settle()
	}
}

func (c *controller) carryOut(e failover.Effect) {
	switch e.Kind {
	case failover.EffectAllocate:
		c.allocate(e)
	case failover.EffectPublish:
		if c.crashesAt(sessionConfirmed) {
			return
		}
		c.w.note(c.node, fmt.Sprintf("publishes session %d at sequencer %d", e.Session, e.Target))
		c.w.check.published(e.Session, e.Target)
		c.session, c.target = e.Session, e.Target
		nodes := c.w.s.nodes()
		if c.waitsFor(sessionHalfwayTold) {
			nodes = c.rng.below(nodes)
		}
		c.announce(nodes)
		c.crashesAt(sessionHalfwayTold)
	case failover.EffectReset:
		c.later(0, func() {
			if c.channels[e.Target].conn != 0 {
				c.lost(e.Target, false)
			}
		})
	default:
		c.program(e)
	}
}

// allocate is the store: a number is durable before the core learns it. If the controller crashes in between, the
// number is lost.
func (c *controller) allocate(e failover.Effect) {
	if c.crashesAt(numberWanted) {
		return
	}
	c.later(c.rng.duration(0, storeLatency), func() {
		c.durable = max(c.durable, e.Floor) + 1
		session := c.durable
		if c.crashesAt(numberDurable) {
			return
		}
		c.later(c.rng.duration(0, storeLatency), func() {
			c.core.Allocated(c.now(), e.Group, session)
			c.settle()
		})
	})
}

// program carries out an effect on a target: the request, the target's action, the answer. Meanwhile the controller
// may crash, the connection break, the target restart or stall, or the answer be lost.
func (c *controller) program(e failover.Effect) {
	conn := c.channels[e.Target].conn
	if conn == 0 {
		return // the core will learn that the connection is lost
	}
	if e.Kind == failover.EffectInstall && c.crashesAt(numberKnown) {
		return
	}
	answered := false
	answer := func(f func()) {
		if c.channels[e.Target].conn == conn && !answered {
			answered = true
			f()
			c.settle()
		}
	}
	c.later(effectTimeout, func() { answer(func() { c.failed(e) }) })
	c.arrive(e, conn, c.life, c.rng.duration(0, writeLatency), answer)
	if e.Kind == failover.EffectInstall {
		c.crashesAt(sessionOnItsWay)
	}
}

// arrive delivers a request to its target after a delay. A request arrives even if its controller has crashed since;
// the answer is then lost.
func (c *controller) arrive(e failover.Effect, conn, life int, after time.Duration, answer func(func())) {
	s := c.w.sequencers[e.Target]
	c.w.after(after, func() {
		switch {
		case !s.serves(conn) || !c.reaches(e.Target):
			return
		case s.stalled(c.w.now):
			c.arrive(e, conn, life, s.stalledUntil-c.w.now, answer)
			return
		}
		deliver := c.perform(e, s)
		if c.life != life || e.Kind == failover.EffectInstall && (c.crashesAt(sessionInstalled) || c.rng.chance(answerLost)) {
			return
		}
		c.later(c.rng.duration(0, writeLatency), func() {
			if c.reaches(e.Target) {
				answer(deliver)
			}
		})
	})
}

// perform is the target's action. The function it returns delivers the answer.
func (c *controller) perform(e failover.Effect, s *sequencer) (answer func()) {
	core := c.core
	switch e.Kind {
	case failover.EffectReadPipeline:
		ours := s.pipeline
		return func() { core.PipelineRead(c.now(), e.Target, e.Conn, ours) }
	case failover.EffectPushPipeline:
		s.push()
		return func() { core.PipelinePushed(c.now(), e.Target, e.Conn) }
	case failover.EffectReadEntries:
		var entries []failover.SequenceEntry
		if s.session != 0 {
			entries = append(entries, failover.SequenceEntry{Group: groupNumber, Session: s.session, Intact: true})
		}
		return func() { core.EntriesRead(c.now(), e.Target, e.Conn, e.Op, entries) }
	case failover.EffectPrepare:
		ok := s.pipeline
		return func() { core.Prepared(c.now(), e.Target, e.Conn, ok) }
	case failover.EffectInstall:
		c.w.note(c.node, fmt.Sprintf("installs session %d at sequencer %d", e.Session, e.Target))
		if c.w.check.durable(e.Session, c.durable); !s.pipeline || (s.session != 0) != e.Replace {
			return func() { c.failed(e) }
		}
		s.install(e.Session)
		return func() { core.Installed(c.now(), e.Target, e.Conn, e.Group, e.Session) }
	case failover.EffectRemove:
		s.session = 0
		return func() { core.Removed(c.now(), e.Target, e.Conn, e.Group) }
	}
	c.w.fail(c.node, "effect of unknown kind %v", e.Kind)
	return func() {}
}

// failed answers an effect that a target refused or did not answer in time.
func (c *controller) failed(e failover.Effect) {
	switch e.Kind {
	case failover.EffectInstall:
		c.core.InstallFailed(c.now(), e.Target, e.Conn, e.Group, e.Session)
	case failover.EffectRemove:
		c.core.Removed(c.now(), e.Target, e.Conn, e.Group)
	case failover.EffectPrepare:
		c.core.Prepared(c.now(), e.Target, e.Conn, false)
	default:
		c.core.Failed(c.now(), e.Target, e.Conn)
	}
}

// announce announces the current session to the first nodes, as far as they can be reached.
func (c *controller) announce(nodes int) {
	session, target := c.session, c.target
	for node := range nodes {
		if c.w.net.connected(c.node, node) {
			c.w.after(c.w.net.delay(c.node, node), func() { c.w.announced(node, session, target) })
		}
	}
}
