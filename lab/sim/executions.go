package sim

import (
	"sort"

	"github.com/netordered/nopaxos/lab/sim/registers"
)

// executions compares a replica's executions at or below its sync point with those of all replicas (invariants 5 and
// 6).
func (c *checker) executions(n *node, sp uint64) {
	if newest, restored := n.machine.Restored(); restored {
		c.w.result.Snapshots++
		if newest.Slot > 0 {
			c.same(n, &newest)
		}
	}
	stable := n.machine.Stable(sp)
	for i := range stable {
		c.same(n, &stable[i])
	}
}

func (c *checker) same(n *node, e *registers.Execution) {
	last := registers.Execution{}
	if k := len(c.stable); k > 0 {
		last = c.stable[k-1]
	}
	if e.Slot > last.Slot {
		if !e.Follows(&last) {
			c.w.fail(n.id, "op%d executed at stable slot %d behind a history that differs from the other replicas' (invariant 5)", e.UID, e.Slot)
		}
		c.stable = append(c.stable, *e)
		return
	}
	i := sort.Search(len(c.stable), func(i int) bool { return c.stable[i].Slot >= e.Slot })
	if i == len(c.stable) || c.stable[i].Slot != e.Slot || !c.stable[i].Same(e) {
		c.w.fail(n.id, "op%d executed at stable slot %d: other replicas executed something else up to there (invariant 5)", e.UID, e.Slot)
	}
}
