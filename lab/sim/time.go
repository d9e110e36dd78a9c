package sim

import (
	"time"

	"github.com/netordered/nopaxos/replica/wire"
)

// logicalTime is what the TICKs say about logical time.
type logicalTime struct {
	last   []tick        // by replica
	jumped time.Duration // by how much all replicas' clocks went forward at once, in sum
}

// tick is a TICK of a replica's process.
type tick struct {
	life int
	view wire.View
	time uint64
	sent time.Duration // by the clock of its sender
}

// ticks checks the TICKs that a replica multicasts: in its view, the leader's logical time goes as fast as its clock,
// unless another replica's TICK was ahead, and no time is ahead of the fastest possible clock.
func (c *checker) ticks(n *node, frame []byte) {
	kind, body, err := c.w.keys.Open(frame)
	if err != nil || kind != wire.KindTick {
		c.w.fail(n.id, "multicasts a frame of kind %v, expected a TICK: %v", kind, err)
		return
	}
	m, err := wire.ParseTick(body)
	if err != nil {
		c.w.fail(n.id, "multicasts a TICK that does not parse: %v", err)
		return
	}
	t, last := tick{life: n.life, view: m.View, time: m.Time, sent: n.now()}, &c.times.last[n.id]
	if t.life == last.life && t.view == last.view && m.View.LeaderOf(c.w.s.replicas) == n.id {
		if by, passed := t.time-last.time, t.sent-last.sent; t.time < last.time || by < uint64(passed) {
			c.w.fail(n.id, "logical time went from %d to %d ns while %v passed for the leader of %v", last.time, t.time, passed, t.view)
		}
	}
	*last = t
	if fastest := c.w.now + c.w.now/1000*time.Duration(c.w.s.skew) + time.Microsecond + c.times.jumped; t.time > uint64(fastest) {
		c.w.fail(n.id, "logical time is %v, no more than %v may have passed", time.Duration(t.time), fastest)
	}
}
