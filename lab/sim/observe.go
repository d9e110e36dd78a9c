package sim

import (
	"github.com/netordered/nopaxos/replica"
	"github.com/netordered/nopaxos/replica/wire"
)

// observed is the part of a core's status that the checkers use.
type observed struct {
	view     wire.View
	normal   bool
	sp       uint64
	executed uint64
	end      uint64
	snapshot uint64 // slot of the current one
	written  uint64 // number of its own snapshots that became current
}

func (n *node) observe() observed {
	s := n.core.Status()
	return seen(&s)
}

func seen(s *replica.Status) observed {
	return observed{
		view: s.View, normal: s.Phase == "normal", sp: s.SyncPoint, executed: s.Executed, end: s.LogEnd,
		snapshot: s.Snapshot, written: s.Counters.Snapshots,
	}
}
