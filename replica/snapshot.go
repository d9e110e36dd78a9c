package replica

import "bytes"

// snapshots are the snapshots that a replica holds, besides those that it is sending, see outgoing.
type snapshots struct {
	stable *snapshot // newest one at or below the sync point
	next   *snapshot // ahead of the sync point; else nil
}

// takeView captures the executed state, which is that of s.
func (c *Core) takeView(s *snapshot) error {
	state, err := c.sm.Snapshot()
	if err != nil {
		return err
	}
	s.view = c.table.Snapshot(s.head(), state)
	return nil
}

// takeSnapshot captures the executed state.
func (c *Core) takeSnapshot() (*snapshot, error) {
	s := &snapshot{slot: c.executed, base: c.base, session: c.durable.View.Session, digest: c.log.digestAt(c.executed)}
	return s, c.takeView(s)
}

// maybeSnapshot takes a snapshot if enough was executed since the last one, or if the log needs room.
func (c *Core) maybeSnapshot() {
	if c.snapshots.next != nil || c.executed == c.snapshots.stable.slot {
		return
	}
	if n := c.executed - c.snapshots.stable.slot; n < c.cfg.Snapshot && !(c.pressed() && c.worthwhile(n)) {
		return
	}
	s, err := c.takeSnapshot()
	c.assert(err == nil, "state machine's snapshot at slot %d: %v", c.executed, err)
	c.snapshots.next = s
	c.promoteSnapshot()
}

// pressed reports whether the log exceeds half of its bounds.
func (c *Core) pressed() bool {
	return c.log.len() > c.cfg.MaxLog/2 || c.log.bytes > c.cfg.MaxLogSize/2
}

// crowded reports whether the log exceeds three quarters of its bounds.
func (c *Core) crowded() bool {
	return c.log.len() > c.cfg.MaxLog/4*3 || c.log.bytes > c.cfg.MaxLogSize/4*3
}

// worthwhile reports whether a snapshot n slots behind the last one makes room. A log that is long for the sake of
// a replica that fetches an older snapshot does not shrink by many snapshots.
func (c *Core) worthwhile(n uint64) bool {
	return c.oldestOutgoing() >= c.snapshots.stable.slot || n > c.log.len()/8
}

// promoteSnapshot makes the next snapshot the current one when it is stable.
func (c *Core) promoteSnapshot() {
	s := c.snapshots.next
	if s == nil || s.slot > c.syncPoint {
		return
	}
	c.useSnapshot(s)
}

func (c *Core) useSnapshot(s *snapshot) {
	c.snapshots.stable, c.snapshots.next = s, nil
	c.counters.Snapshots++
	c.truncate()
}

// truncate removes the log at or below min(sync point, snapshot). As long as memory allows, it keeps KeepLog
// slots for replicas that lag, and the slots behind every snapshot that another replica is fetching.
func (c *Core) truncate() {
	to := min(c.syncPoint, c.snapshots.stable.slot)
	if !c.crowded() {
		to = min(to, c.oldestOutgoing())
	}
	if !c.pressed() {
		to = min(to, max(c.syncPoint, c.cfg.KeepLog)-c.cfg.KeepLog)
	}
	c.log.truncate(to)
}

// installStable installs a stable snapshot of another replica. Log entries behind it stay.
func (c *Core) installStable(s *snapshot) {
	c.assert(s.slot > c.syncPoint, "snapshot at slot %d, own sync point %d", s.slot, c.syncPoint)
	c.install(s)
	c.syncPoint = s.slot
	c.log.rebase(s.slot, s.digest)
	c.snapshots.stable, c.snapshots.next = s, nil
	c.counters.SnapshotsInstalled++
}

// install replaces the executed state by a fetched snapshot's, in one step.
func (c *Core) install(s *snapshot) {
	l := s.loaded
	if l == nil {
		c.fail("snapshot at slot %d is installed, but it is not loaded", s.slot)
	}
	err := l.install()
	c.assert(err == nil, "state machine refuses the snapshot at slot %d: %v", s.slot, err)
	c.table, c.executed, s.loaded = l.table, s.slot, nil
	err = c.takeView(s)
	c.assert(err == nil, "state machine's snapshot at slot %d: %v", s.slot, err)
}

// restoreStable returns to the stable snapshot. It takes time and memory proportional to the state: a state machine
// with much of it implements Undoer.
func (c *Core) restoreStable() {
	s := c.snapshots.stable
	var b bytes.Buffer
	_, err := s.view.WriteTo(&b)
	c.assert(err == nil, "encoding the snapshot at slot %d: %v", s.slot, err)
	b.Next(snapshotHeader)
	if err = c.table.Read(&b); err == nil {
		err = c.sm.Restore(&b)
	}
	c.assert(err == nil, "state machine refuses the snapshot at slot %d: %v", s.slot, err)
	c.executed = s.slot
}
