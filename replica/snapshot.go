package replica

import (
	"encoding/binary"
	"errors"
	"io"
	"time"

	"github.com/netordered/nopaxos/replica/wire"
)

// snapshot is the executed state at a slot. It is used for truncation, transfer and rollback only when the sync
// point has reached the slot.
//
// Its data consists of a magic number, slot, base, session and digest, then logical time and the client table,
// then the state machine's snapshot.
type snapshot struct {
	slot    uint64
	base    uint64
	session uint32
	digest  wire.Digest
	data    []byte
	written bool
	usedAt  time.Duration // when a part of it was last requested
}

// snapshots are the snapshots that a replica holds.
type snapshots struct {
	stable   *snapshot // newest one at or below the sync point
	previous *snapshot // the one before, while another replica fetches it; else nil
	next     *snapshot // being written, or ahead of the sync point; else nil
	writing  bool      // an EffectSnapshot is under way
}

const (
	snapshotMagic  = 0x4E505331 // "NPS1"
	snapshotHeader = 4 + 8 + 8 + 4 + 16
)

var errSnapshot = errors.New("replica: not a snapshot, or cut short")

func parseSnapshot(data []byte) (*snapshot, error) {
	if len(data) < snapshotHeader || binary.BigEndian.Uint32(data) != snapshotMagic {
		return nil, errSnapshot
	}
	return &snapshot{
		slot: binary.BigEndian.Uint64(data[4:]), base: binary.BigEndian.Uint64(data[12:]),
		session: binary.BigEndian.Uint32(data[20:]),
		digest:  wire.Digest{Hi: binary.BigEndian.Uint64(data[24:]), Lo: binary.BigEndian.Uint64(data[32:])},
		data:    data, written: true,
	}, nil
}

// takeSnapshot captures the executed state.
func (c *Core) takeSnapshot() (*snapshot, io.WriterTo, error) {
	state, err := c.sm.Snapshot()
	if err != nil {
		return nil, nil, err
	}
	s := &snapshot{slot: c.executed, base: c.base, session: c.durable.View.Session, digest: c.log.digestAt(c.executed)}
	head := binary.BigEndian.AppendUint32(nil, snapshotMagic)
	head = binary.BigEndian.AppendUint64(head, s.slot)
	head = binary.BigEndian.AppendUint64(head, s.base)
	head = binary.BigEndian.AppendUint32(head, s.session)
	head = binary.BigEndian.AppendUint64(head, s.digest.Hi)
	head = binary.BigEndian.AppendUint64(head, s.digest.Lo)
	return s, c.table.Snapshot(head, state), nil
}

// maybeSnapshot starts a snapshot if enough was executed since the last one, or if the log needs room.
func (c *Core) maybeSnapshot() {
	if c.snapshots.writing || c.snapshots.next != nil || c.executed == c.snapshots.stable.slot {
		return
	}
	if c.executed-c.snapshots.stable.slot < c.cfg.Snapshot && !c.pressed() {
		return
	}
	s, w, err := c.takeSnapshot()
	c.assert(err == nil, "state machine's snapshot at slot %d: %v", c.executed, err)
	c.snapshots.next, c.snapshots.writing = s, true
	c.effects = append(c.effects, Effect{Kind: EffectSnapshot, Slot: s.slot, Snapshot: w})
}

// pressed reports whether the log exceeds half of its bounds.
func (c *Core) pressed() bool {
	return c.log.len() > c.cfg.MaxLog/2 || c.log.bytes > c.cfg.MaxLogSize/2
}

func (c *Core) snapshotWritten(slot uint64, data []byte, err error) {
	c.assert(err == nil, "writing the snapshot at slot %d: %v", slot, err)
	c.snapshots.writing = false
	if s := c.snapshots.next; s != nil && s.slot == slot {
		s.data, s.written = data, true
		c.promoteSnapshot()
	}
	if c.phase == phaseNormal {
		c.maybeSnapshot() // a full log may need the next one at once
	}
}

// promoteSnapshot makes the written snapshot the current one when it is stable.
func (c *Core) promoteSnapshot() {
	s := c.snapshots.next
	if s == nil || !s.written || s.slot > c.syncPoint {
		return
	}
	c.useSnapshot(s)
}

// keepPrevious is how long a replaced snapshot is kept after its last part was requested.
const keepPrevious = time.Second

func (c *Core) useSnapshot(s *snapshot) {
	if !c.wanted(c.snapshots.previous) {
		c.snapshots.previous = c.snapshots.stable
	}
	c.snapshots.stable, c.snapshots.next = s, nil
	c.counters.Snapshots++
	c.truncate()
}

// wanted reports whether another replica is fetching a snapshot.
func (c *Core) wanted(s *snapshot) bool {
	return s != nil && s.usedAt != 0 && c.now-s.usedAt < keepPrevious
}

// truncate removes the log at or below min(sync point, snapshot). As long as memory allows, it keeps KeepLog
// slots for replicas that lag, and the slots behind a snapshot that another replica is fetching.
func (c *Core) truncate() {
	if !c.wanted(c.snapshots.previous) {
		c.snapshots.previous = nil
	}
	to := min(c.syncPoint, c.snapshots.stable.slot)
	if !c.pressed() {
		to = min(to, max(c.syncPoint, c.cfg.KeepLog)-c.cfg.KeepLog)
		if c.snapshots.previous != nil {
			to = min(to, c.snapshots.previous.slot)
		}
	}
	c.log.truncate(to)
}

// installStable installs a stable snapshot of another replica. Log entries behind it stay.
func (c *Core) installStable(s *snapshot) {
	c.assert(s.slot > c.syncPoint, "snapshot at slot %d, own sync point %d", s.slot, c.syncPoint)
	c.install(s)
	c.syncPoint = s.slot
	c.log.rebase(s.slot, s.digest)
	c.snapshots.stable, c.snapshots.next, c.snapshots.previous = s, nil, nil
	c.counters.SnapshotsInstalled++
}
