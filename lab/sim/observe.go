package sim

import (
	"github.com/netordered/nopaxos/replica"
	"github.com/netordered/nopaxos/replica/wire"
)

// observed is what the checkers want to know of a running core.
type observed struct {
	view     wire.View
	normal   bool
	sp       uint64
	executed uint64
	end      uint64
	snapshot uint64 // slot of the one in use
	written  uint64 // how many of its own it has begun to use
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
