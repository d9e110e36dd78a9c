package sim

import (
	"github.com/netordered/nopaxos/lab/sim/registers"
	"github.com/netordered/nopaxos/replica/wire"
)

// standing is what a replica had the last time that it was looked at.
type standing struct {
	view    wire.View // in which it was in status normal; zero if it was not
	end     uint64
	written uint64
}

// taken is a snapshot that a replica has begun to write.
type taken struct {
	slot  uint64
	state registers.Execution // the newest operation in it
}

// kept checks that a replica keeps what it has acknowledged, as long as it stays in its view, and
// that a snapshot that it begins to use holds what every replica executed up to there.
func (c *checker) kept(n *node, s *observed) {
	h := &c.replicas[n.id].was
	if s.normal && h.view == s.view && s.end < h.end {
		c.w.fail(n.id, "log ends at slot %d, in the same view it ended at slot %d", s.end, h.end)
	}
	if s.written != h.written && s.snapshot == n.taken.slot && n.taken.state.Slot != 0 {
		c.same(n, &n.taken.state)
	}
	*h = standing{end: s.end, written: s.written}
	if s.normal {
		h.view = s.view
	}
}
