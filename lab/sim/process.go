package sim

import (
	"time"

	"github.com/netordered/nopaxos/monotime"
)

// clock is a node's monotonic clock, with its own origin and rate. The cores use no time of day.
type clock struct {
	origin time.Duration
	skew   int // permille
}

func (c clock) local(t time.Duration) time.Duration {
	return c.origin + t + t/1000*time.Duration(c.skew)
}

// virtual returns the first instant at which local is at least d.
func (c clock) virtual(d time.Duration) time.Duration {
	t := (d - c.origin) / time.Duration(1000+c.skew) * 1000
	for c.local(t) < d {
		t += time.Microsecond
	}
	return t
}

// process is a program that runs at a node: its clock, its timer, and the times at which it is descheduled.
type process struct {
	w            *world
	node         int
	up           bool
	life         int // grows with every start and stop
	clock        clock
	due          time.Duration // of the timer event that counts, at most one in the queue; monotime.Never if there is none
	stalledUntil time.Duration
	queued       int // datagrams that arrived during the stall
}

// boot starts another life of the process, with a clock that has an origin and a pace of its own.
func (p *process) boot(rng *random) {
	p.clock = clock{origin: rng.duration(0, time.Hour), skew: rng.between(-p.w.s.skew, p.w.s.skew)}
	p.up, p.due = true, monotime.Never
	p.life++
}

func (p *process) now() time.Duration { return p.clock.local(p.w.now) }

// later runs f after d, or at the end of a stall then, unless the process has died.
func (p *process) later(d time.Duration, f func()) {
	life := p.life
	p.w.after(d, func() {
		switch {
		case !p.up || p.life != life:
		case p.stalled(p.w.now):
			p.later(p.stalledUntil-p.w.now, f)
		default:
			f()
		}
	})
}

// socketBuffer is the number of datagrams that a descheduled node buffers.
const socketBuffer = 200

func (p *process) stalled(now time.Duration) bool { return now < p.stalledUntil }

// stall deschedules the process until an instant of virtual time.
func (p *process) stall(until time.Duration) {
	p.stalledUntil, p.queued = max(p.stalledUntil, until), 0
}

// arm schedules the process's next tick, unless an earlier one is scheduled.
func (p *process) arm(deadline time.Duration) {
	if deadline == monotime.Never {
		return
	}
	at := max(p.clock.virtual(deadline), p.w.now+time.Microsecond)
	if at < p.due {
		p.due = at
		p.w.push(event{at: at, kind: eventTimer, node: p.node})
	}
}

// fires reports whether a timer event is current, and consumes it.
func (p *process) fires(at time.Duration) bool {
	if at != p.due {
		return false
	}
	p.due = monotime.Never
	return true
}

// postpone moves an event to the end of a stall.
func (p *process) postpone(e *event) {
	switch e.kind {
	case eventDatagram:
		if p.queued++; p.queued > socketBuffer {
			return
		}
	case eventTimer:
		if e.at != p.due {
			return
		}
		p.due = p.stalledUntil
	}
	e.at = p.stalledUntil
	p.w.push(*e)
}

// process returns the process at a node.
func (w *world) process(node int) *process {
	s := w.s
	switch {
	case node < s.replicas:
		return &w.nodes[node].process
	case node < s.controllerNode():
		return &w.sequencers[node-s.replicas].process
	case node == s.controllerNode():
		return &w.controller.process
	}
	return &w.callers[node-s.clientNode(0)].process
}

// jump moves a node's clock forward.
func (w *world) jump(node int, by time.Duration) {
	p := w.process(node)
	p.clock.origin += by
	if node < w.s.replicas {
		w.check.times.jumped += by
	}
	p.due = monotime.Never
	switch s := w.s; {
	case node < s.replicas:
		if n := w.nodes[node]; n.up {
			n.arm(n.core.Deadline())
		}
	case node == s.controllerNode():
		if w.controller.up {
			w.controller.settle()
		}
	case node >= s.clientNode(0):
		if c := w.callers[node-s.clientNode(0)]; c.up {
			c.arm(c.core.Deadline())
		}
	}
}
