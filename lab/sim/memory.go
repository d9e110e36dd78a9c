package sim

import (
	"github.com/netordered/nopaxos/lab/sim/registers"
	"github.com/netordered/nopaxos/replica"
)

// bounds checks that a core's positions are in order, and that its memory stays within the configured limits.
func (c *checker) bounds(n *node, s *replica.Status) {
	cfg := &c.w.s.core
	if s.SyncPoint > s.Executed || s.Executed > s.LogEnd || s.LogStart > s.SyncPoint || s.Snapshot > s.SyncPoint || s.LogStart > s.Snapshot {
		c.w.fail(n.id, "positions are out of order: log (%d, %d], snapshot %d, sync point %d, executed %d",
			s.LogStart, s.LogEnd, s.Snapshot, s.SyncPoint, s.Executed)
	}
	// A log may exceed MaxLog by entries that synchronization and new views force on it. After a stall they arrive
	// all at once, while a snapshot is still being written.
	if held, most := s.LogEnd-s.LogStart, 4*cfg.MaxLog+cfg.Window+socketBuffer; held > most {
		c.w.fail(n.id, "log holds %d slots, MaxLog is %d: at most %d are expected", held, cfg.MaxLog, most)
	}
	if most := 4*cfg.MaxLogSize + (int(cfg.Window)+socketBuffer)*cfg.MTU; s.LogBytes > most {
		c.w.fail(n.id, "log holds %d bytes, MaxLogSize is %d: at most %d are expected", s.LogBytes, cfg.MaxLogSize, most)
	}
	if bad := s.Counters.BadSnapshots; bad > 0 {
		c.w.fail(n.id, "refused %d snapshots, but no replica sends a bad one", bad)
	}
	if s.Clients > cfg.MaxClients {
		c.w.fail(n.id, "client table holds %d clients, MaxClients is %d", s.Clients, cfg.MaxClients)
	}
	// A receiver's buffer has a place for each slot of the window, and one gap before each message in it.
	if size := int(cfg.Window); s.Buffered > size || s.Gaps > size+1 {
		c.w.fail(n.id, "the receiver holds %d messages behind %d gaps, Window is %d", s.Buffered, s.Gaps, size)
	}
	if most := cfg.MaxLogSize/2 + 2*cfg.MTU; s.WaitingBytes > most {
		c.w.fail(n.id, "%d bytes wait behind a missing slot, at most %d are expected", s.WaitingBytes, most)
	}
}

// client checks a client's memory.
func (c *checker) client(of *caller) {
	s, cfg := of.core.Stats(), c.w.s
	if s.InFlight > cfg.window || s.InFlight+s.Waiting != of.inFlight {
		c.w.fail(of.node, "%d requests are in flight and %d wait, of %d that were called; the window is %d", s.InFlight, s.Waiting, of.inFlight, cfg.window)
	}
	// REGISTER comes on top of the operations.
	requests, resultBytes := of.core.Memory()
	if most := cfg.outstanding + 1; requests > most || resultBytes > most*registers.MaxResult {
		c.w.fail(of.node, "%d requests with %d bytes of results are kept, at most %d are called at a time", requests, resultBytes, cfg.outstanding)
	}
}
