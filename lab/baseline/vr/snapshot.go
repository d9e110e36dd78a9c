package vr

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	nopaxos "github.com/netordered/nopaxos/replica/wire"
)

// snapshot is the executed state at a slot: slot and digest, then the client table, then what the state
// machine wrote.
type snapshot struct {
	slot   uint64
	digest nopaxos.Digest
	data   []byte
}

// snapshots are the newest one that counts, and the one that will when it is written and its slot is
// committed.
type snapshots struct {
	newest  *snapshot
	next    *snapshot
	writing bool
}

const snapshotHeader = 8 + 16

var errSnapshot = errors.New("baseline: not a snapshot, or cut short")

func parseSnapshot(data []byte) (*snapshot, error) {
	if len(data) < snapshotHeader {
		return nil, errSnapshot
	}
	return &snapshot{
		slot:   binary.BigEndian.Uint64(data),
		digest: nopaxos.Digest{Hi: binary.BigEndian.Uint64(data[8:]), Lo: binary.BigEndian.Uint64(data[16:])},
		data:   data,
	}, nil
}

// capture takes the state as it is now.
func (r *Replica) capture() (*snapshot, io.WriterTo, error) {
	state, err := r.sm.Snapshot()
	if err != nil {
		return nil, nil, err
	}
	s := &snapshot{slot: r.executed, digest: r.Log.Digest(r.executed)}
	head := binary.BigEndian.AppendUint64(nil, s.slot)
	head = binary.BigEndian.AppendUint64(head, s.digest.Hi)
	head = binary.BigEndian.AppendUint64(head, s.digest.Lo)
	return s, r.Table.Snapshot(head, state), nil
}

// emptySnapshot is what every replica starts with: taking back without Undo may lead to it.
func (r *Replica) emptySnapshot() (*snapshot, error) {
	s, w, err := r.capture()
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if _, err := w.WriteTo(&b); err != nil {
		return nil, fmt.Errorf("baseline: snapshot of the empty state machine: %w", err)
	}
	s.data = b.Bytes()
	return s, nil
}

// maybeSnapshot starts a snapshot when enough was executed since the last one.
func (r *Replica) maybeSnapshot() {
	s := &r.snapshots
	if s.writing || s.next != nil || r.executed-s.newest.slot < r.Cfg.Snapshot {
		return
	}
	next, state, err := r.capture()
	if err != nil {
		r.Fail("state machine's snapshot at slot %d: %v", r.executed, err)
	}
	s.next, s.writing = next, true
	r.Out.Snapshot(next.slot, state)
}

// SnapshotWritten takes the outcome of a snapshot. The replica keeps data.
func (r *Replica) SnapshotWritten(now time.Duration, slot uint64, data []byte, err error) {
	if r.err != nil {
		return
	}
	defer r.guard()
	r.arrive(now)
	if err != nil {
		r.Fail("writing the snapshot at slot %d: %v", slot, err)
	}
	s := &r.snapshots
	s.writing = false
	if s.next != nil && s.next.slot == slot {
		s.next.data = data
		r.promoteSnapshot()
	}
}

// promoteSnapshot lets the snapshot that was written count once its slot is committed, and forgets the
// log below it, except for what is kept for replicas that lag.
func (r *Replica) promoteSnapshot() {
	s := &r.snapshots
	if s.next != nil && s.next.data != nil && s.next.slot <= r.commit {
		s.newest, s.next = s.next, nil
		r.Stats.Snapshots++
		r.Log.truncate(min(s.newest.slot, max(r.commit, r.Cfg.KeepLog)-r.Cfg.KeepLog))
	}
}

// forgetSnapshotsBehind drops a snapshot of what is being taken back.
func (r *Replica) forgetSnapshotsBehind(slot uint64) {
	if s := &r.snapshots; s.next != nil && s.next.slot > slot {
		s.next = nil
	}
}

// install replaces the executed state by a snapshot's.
func (r *Replica) install(s *snapshot) {
	body, err := r.Table.Parse(s.data[snapshotHeader:])
	if err == nil {
		err = r.sm.Restore(bytes.NewReader(body))
	}
	if err != nil {
		r.Fail("snapshot at slot %d: %v", s.slot, err)
	}
	r.executed = s.slot
}
