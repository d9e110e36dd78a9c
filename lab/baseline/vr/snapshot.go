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

// snapshot is the executed state at a slot: slot and digest, the client table, the state machine's state.
type snapshot struct {
	slot   uint64
	digest nopaxos.Digest
	data   []byte
}

// snapshots are the current one, and the next one, which becomes current once it is written and its slot is
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

// capture captures the current state.
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

// emptySnapshot is the initial snapshot. A rollback without Undo may return to it.
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

// maybeSnapshot starts a snapshot after enough executions since the previous one.
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

// SnapshotWritten takes the result of writing a snapshot. The replica keeps data.
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

// promoteSnapshot makes the next snapshot current if it is written and its slot is committed. It truncates the log
// below, except for the slots kept for replicas that lag.
func (r *Replica) promoteSnapshot() {
	s := &r.snapshots
	if s.next != nil && s.next.data != nil && s.next.slot <= r.commit {
		s.newest, s.next = s.next, nil
		r.Stats.Snapshots++
		r.Log.truncate(min(s.newest.slot, max(r.commit, r.Cfg.KeepLog)-r.Cfg.KeepLog))
	}
}

// forgetSnapshotsBehind drops a snapshot of executions that are rolled back.
func (r *Replica) forgetSnapshotsBehind(slot uint64) {
	if s := &r.snapshots; s.next != nil && s.next.slot > slot {
		s.next = nil
	}
}

// install replaces the executed state by that of a snapshot.
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
