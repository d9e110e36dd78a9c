package sim

import (
	"fmt"
	"time"
)

// controller models the controller's decisions: a session number is durable before a target has
// it, is installed at most once in its life, and a new one follows on f+1 replicas' reports of the
// current session or when the target does not answer.
type controller struct {
	w   *world
	rng random
	up  bool

	// What its store holds. It survives the controller.
	durableSession uint32

	life     int
	session  uint32 // current; 0: none is installed
	target   int    // where
	pending  bool   // an installation is under way
	reported []uint32
	misses   int
}

const (
	controllerInterval = 2 * time.Millisecond
	controllerMisses   = 3
	storeLatency       = 300 * time.Microsecond
	writeLatency       = 400 * time.Microsecond
)

func newController(w *world, seed uint64) *controller {
	return &controller{w: w, rng: stream(seed, purposeController), reported: make([]uint32, w.s.replicas)}
}

// start is the start of the process: whatever the last one had begun is given up.
func (c *controller) start() {
	c.up = true
	c.life++
	c.session, c.pending, c.misses = 0, false, 0
	clear(c.reported)
	c.step(c.life)
}

func (c *controller) stop() { c.up = false; c.life++ }

// step is the periodic work of one life of the controller.
func (c *controller) step(life int) {
	if c.life != life {
		return
	}
	c.w.after(controllerInterval, func() { c.step(life) })
	if c.pending {
		return
	}
	if c.session == 0 && c.adopt() {
		c.w.note(c.node(), fmt.Sprintf("adopts session %d at sequencer %d", c.session, c.target))
	}
	switch {
	case c.session == 0:
		c.replace("no session", c.target)
	case c.sick():
		c.replace("sequencer does not answer", (c.target+1)%c.w.s.sequencers)
	case c.suspected():
		c.replace("replicas report it", (c.target+1)%c.w.s.sequencers)
	default:
		c.announce()
	}
}

// adopt looks for the target that has the newest session, as a controller does that reads its
// targets' tables at start.
func (c *controller) adopt() bool {
	for i, s := range c.w.sequencers {
		if c.reaches(i) && c.durableSession > 0 && s.session == c.durableSession {
			c.session, c.target = c.durableSession, i
			return true
		}
	}
	return false
}

func (c *controller) node() int { return c.w.s.controllerNode() }

func (c *controller) reaches(i int) bool {
	node := c.w.s.sequencerNode(i)
	return c.w.sequencers[i].up && c.w.net.connected(c.node(), node) && c.w.net.connected(node, c.node())
}

// sick is the controller's own probe. A target that answers but lost its entry is sick at once.
func (c *controller) sick() bool {
	if !c.reaches(c.target) {
		c.misses++
		return c.misses >= controllerMisses
	}
	c.misses = 0
	return c.w.sequencers[c.target].session != c.session
}

func (c *controller) suspected() bool {
	n := 0
	for _, s := range c.reported {
		if s == c.session {
			n++
		}
	}
	return n > c.w.s.replicas/2
}

// report is a replica's word that the sequencer of session seems dead.
func (c *controller) report(replica int, session uint32) {
	if c.up {
		c.reported[replica] = max(c.reported[replica], session)
	}
}

// replace makes the next number durable, then installs it; the controller may die in between.
func (c *controller) replace(why string, target int) {
	life := c.life
	c.pending, c.misses = true, 0
	session := c.durableSession + 1
	c.w.after(c.rng.duration(0, storeLatency), func() {
		if c.life != life {
			return
		}
		c.durableSession = session
		c.w.note(c.node(), fmt.Sprintf("%s: session %d goes to sequencer %d", why, session, target))
		c.w.after(c.rng.duration(0, writeLatency), func() { c.install(life, session, target) })
	})
}

// install is the write arriving at the target. The target does it even if the controller has died
// since; but the answer then reaches nobody.
func (c *controller) install(life int, session uint32, target int) {
	done := c.reaches(target) && c.w.sequencers[target].install(session)
	answered := done && !c.rng.chance(20_000)
	c.w.after(c.rng.duration(0, writeLatency), func() {
		switch {
		case c.life != life:
		case answered:
			c.session, c.target, c.pending = session, target, false
			c.announce()
		default:
			// Perhaps it is installed there, perhaps not: the number is spent.
			c.session, c.pending = 0, false
			c.target = (target + 1) % c.w.s.sequencers
			if c.durableSession == session {
				c.replace("no answer", c.target)
			}
		}
	})
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
