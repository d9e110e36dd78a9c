package sim

import (
	"math/bits"
	"slices"

	"github.com/netordered/nopaxos/replica/wire"
)

// reply counts REPLYs. A request is committed once f+1 replicas, the leader among them, have replied, whether or not
// a client receives the replies.
func (c *checker) reply(n *node, m *wire.Reply) {
	if m.Status == wire.StatusFull {
		return
	}
	id := requestID{m.Client, m.ID}
	key := saidKey{n.id, m.View, m.Slot}
	if have, ok := c.said[key]; ok && have != id {
		c.w.fail(n.id, "answers %v#%d and %v#%d at slot %d of view %v", have.client, have.id, id.client, id.id, m.Slot, m.View)
	}
	c.said[key] = id
	c.inItsSlot(n, m)
	leader := m.View.LeaderOf(c.w.s.replicas)
	if n.id == leader {
		c.nothingOpen(n, m)
	}
	t := c.replies[replyKey{m.View, m.Slot, id}]
	if t == nil {
		t = &tally{}
		c.replies[replyKey{m.View, m.Slot, id}] = t
	}
	t.who |= 1 << n.id
	if !t.done && bits.OnesCount64(t.who) > c.f && t.who>>leader&1 == 1 {
		t.done = true
		c.commit(n, m.Slot, commit{view: m.View, request: id})
		c.clients.committed[id] = true
	}
}

// nothingOpen checks that the leader answers nothing behind a NO-OP before f others have it.
func (c *checker) nothingOpen(n *node, m *wire.Reply) {
	for _, slot := range c.open[m.View] {
		if slot < m.Slot {
			c.w.fail(n.id, "answers %v#%d at slot %d while its NO-OP at slot %d is not acknowledged", m.Client, m.ID, m.Slot, slot)
		}
	}
}

// commit checks invariants 1 and 3: a committed slot never changes.
func (c *checker) commit(n *node, slot uint64, new commit) {
	have, ok := c.commits[slot]
	if ok && (have.noOp != new.noOp || have.request != new.request) {
		c.w.fail(n.id, "slot %d commits as %+v, it was committed as %+v (invariants 1, 3)", slot, new, have)
	}
	if !ok {
		c.commits[slot] = new
		if new.noOp {
			c.noOps++
		}
	}
	c.highest = max(c.highest, slot)
}

func (c *checker) gapCommit(m *wire.GapCommit) {
	for _, r := range m.Ranges {
		for slot := r.First; slot <= r.Last; slot++ {
			if key := (viewSlot{m.View, slot}); c.noOpsIn[key] == nil {
				c.noOpsIn[key] = &tally{}
				c.open[m.View] = append(c.open[m.View], slot)
			}
		}
	}
}

func (c *checker) gapCommitRep(n *node, m *wire.GapCommitRep) {
	for _, r := range m.Ranges {
		for slot := r.First; slot <= r.Last; slot++ {
			t := c.noOpsIn[viewSlot{m.View, slot}]
			if t == nil {
				c.w.fail(n.id, "acknowledges NO-OP at slot %d of view %v, which the leader did not decide", slot, m.View)
				return
			}
			t.who |= 1 << n.id
			if !t.done && bits.OnesCount64(t.who) >= c.f {
				t.done = true
				c.close(m.View, slot)
				c.decided = append(c.decided, viewSlot{m.View, slot})
			}
		}
	}
}

// settled counts NO-OPs that f followers acknowledged as committed once the leader's own log reaches them. Until then
// the leader's decision waits behind an open gap: the leader answers nothing behind it, and abandons it with the
// view.
func (c *checker) settled(n *node, s *observed) {
	if len(c.decided) == 0 || !s.normal || s.view.LeaderOf(c.w.s.replicas) != n.id {
		return
	}
	c.decided = slices.DeleteFunc(c.decided, func(d viewSlot) bool {
		if d.view == s.view && d.slot <= s.end {
			c.commit(n, d.slot, commit{view: d.view, noOp: true})
			return true
		}
		return less(d.view, s.view)
	})
}

func (c *checker) close(view wire.View, slot uint64) {
	open := c.open[view]
	for i, s := range open {
		if s == slot {
			c.open[view] = append(open[:i], open[i+1:]...)
			return
		}
	}
}
