package sim

import "github.com/netordered/nopaxos/replica/wire"

// standing is the state of a replica at the previous check.
type standing struct {
	view    wire.View // zero unless in status normal
	end     uint64
	written uint64
}

// kept checks that a replica keeps acknowledged entries while it stays in its view, and that a snapshot it starts to
// use contains what every replica executed up to its slot.
func (c *checker) kept(n *node, s *observed) {
	h := &c.replicas[n.id].was
	if s.normal && h.view == s.view && s.end < h.end {
		c.w.fail(n.id, "log ends at slot %d, in the same view it ended at slot %d", s.end, h.end)
	}
	if s.written != h.written {
		if newest := n.machine.Captured(s.snapshot); newest.Slot != 0 {
			c.same(n, &newest)
		}
	}
	*h = standing{end: s.end, written: s.written}
	if s.normal {
		h.view = s.view
	}
}
