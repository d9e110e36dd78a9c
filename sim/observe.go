package sim

import "github.com/netordered/nopaxos/replica/wire"

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
	return observed{
		view: s.View, normal: s.Phase == "normal", sp: s.SyncPoint, executed: s.Executed, end: s.LogEnd, snapshot: s.Snapshot, written: s.Counters.Snapshots,
	}
}

// bounds checks what a core keeps in memory, and that its positions are in order.
func (c *checker) bounds(n *node) {
	s := n.core.Status()
	cfg := &c.w.s.core
	if s.SyncPoint > s.Executed || s.Executed > s.LogEnd || s.LogStart > s.SyncPoint || s.Snapshot > s.SyncPoint || s.LogStart > s.Snapshot {
		c.w.fail(n.id, "positions are out of order: log (%d, %d], snapshot %d, sync point %d, executed %d",
			s.LogStart, s.LogEnd, s.Snapshot, s.SyncPoint, s.Executed)
	}
	// A log may exceed MaxLog by what synchronization and new views have to bring in regardless;
	// after a pause they bring it all at once, while a snapshot is still being written.
	if held := s.LogEnd - s.LogStart; held > 4*cfg.MaxLog+cfg.Window+socketBuffer {
		c.w.fail(n.id, "log holds %d slots, MaxLog is %d", held, cfg.MaxLog)
	}
	if s.Clients > cfg.MaxClients {
		c.w.fail(n.id, "client table holds %d clients, MaxClients is %d", s.Clients, cfg.MaxClients)
	}
}
