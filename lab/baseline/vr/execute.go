package vr

import (
	"bytes"

	"github.com/netordered/nopaxos/lab/baseline/wire"
	nopaxos "github.com/netordered/nopaxos/replica/wire"
)

// CommitTo commits and executes the log up to a slot.
func (r *Replica) CommitTo(slot uint64) {
	if slot <= r.commit {
		return
	}
	if slot > r.Log.End() {
		r.Fail("commit up to slot %d, the log ends at %d", slot, r.Log.End())
	}
	r.commit = slot
	if r.phase == phaseNormal {
		r.backoff = 0
	}
	r.ExecuteTo(slot)
	r.Table.Release(slot)
	if r.undo != nil {
		r.undo.Release(slot)
	}
	r.promoteSnapshot()
	r.maybeSnapshot()
}

// onCommit takes the leader's periodic message. Where followers' logs may differ from the leader's, it fetches the
// committed entries, because the protocol's own messages were not enough.
func (r *Replica) onCommit(m *wire.Commit) {
	switch {
	case !r.traits.Unordered:
		r.Learn(m.Commit)
	case m.Commit > r.commit:
		r.NeedState(m.Commit)
	}
}

// Learn commits up to slot, according to the leader, as far as the log reaches.
func (r *Replica) Learn(slot uint64) {
	r.CommitTo(min(slot, r.Log.End()))
	if slot > r.Log.End() {
		r.NeedState(slot)
	}
}

// ExecuteTo executes the log up to a slot, speculatively behind the committed part.
func (r *Replica) ExecuteTo(slot uint64) {
	for r.executed < slot {
		r.execute(r.executed + 1)
	}
}

func (r *Replica) execute(slot uint64) {
	r.executed = slot
	body := r.Log.At(slot)
	if len(body) == 0 {
		return // NO-OP
	}
	var err error
	if r.req, err = nopaxos.ParseRequest(body); err != nil {
		r.Fail("request in slot %d does not parse: %v", slot, err)
	}
	if r.Table.Execute(slot, &r.req, r.sm) {
		r.Stats.Executed++
	}
	r.protocol.Executed(slot, &r.req)
}

// Answer sends the REPLY to a request executed at slot or, if it is a retransmission, before.
func (r *Replica) Answer(slot uint64, req *nopaxos.Request) {
	status, result, ok := r.Table.Answer(slot, req)
	if !ok {
		return
	}
	r.Reply(slot, req, status, result)
}

// Reply sends a REPLY.
func (r *Replica) Reply(slot uint64, req *nopaxos.Request, status nopaxos.Status, result []byte) {
	m := nopaxos.Reply{
		View: nopaxos.View{Leader: r.view}, Slot: max(slot, 1), Client: req.Client, ID: req.ID,
		Replica: uint16(r.Cfg.Self), Status: status,
	}
	r.Out.Reply(&m, nil, req.ReplyTo, result)
}

// rollback undoes executions behind slot.
func (r *Replica) rollback(slot uint64) {
	if slot >= r.executed {
		return
	}
	if slot < r.commit {
		r.Fail("rollback to slot %d, committed up to %d", slot, r.commit)
	}
	r.Stats.RolledBack += r.executed - slot
	r.forgetSnapshotsBehind(slot)
	if r.undo != nil {
		r.undo.Undo(slot)
		r.Table.Undo(slot)
		r.executed = slot
		return
	}
	r.install(r.snapshots.newest)
	r.ExecuteTo(slot)
}

// adopt replaces the log behind base by entries. It keeps equal entries and rolls back executed ones that differ.
func (r *Replica) adopt(base uint64, entries [][]byte) {
	end := base + uint64(len(entries))
	if base > r.commit || end < r.commit {
		r.Fail("log of view %d is (%d, %d], committed up to %d", r.view, base, end, r.commit)
	}
	same := r.commit
	for same < end && same < r.Log.End() && string(r.Log.At(same+1)) == string(entries[same-base]) {
		same++
	}
	r.rollback(same)
	r.cut(same)
	for slot := same + 1; slot <= end; slot++ {
		r.Log.Append(entries[slot-base-1])
	}
}

// cut removes the log behind slot.
func (r *Replica) cut(slot uint64) {
	for s := slot + 1; s <= r.Log.End(); s++ {
		r.displace(r.Log.At(s))
	}
	r.Log.cut(slot)
}

// maxDisplaced bounds the requests kept for TakeDisplaced. Clients retransmit the others.
const maxDisplaced = 1 << 12

// displace keeps a request without a slot, if followers assign slots themselves.
func (r *Replica) displace(body []byte) {
	if r.traits.Unordered && len(r.displaced) < maxDisplaced {
		r.displaced = append(r.displaced, bytes.Clone(body))
	}
}

// TakeDisplaced returns the requests that lost their slots, or arrived while the replica was not in status normal, in
// that order. Some may have other slots by now. If requests reach all replicas in one order, assigning slots in this
// order keeps the replicas' logs alike.
func (r *Replica) TakeDisplaced() [][]byte {
	bodies := r.displaced
	r.displaced = nil
	return bodies
}

// Entries returns the entries at slots (lo, hi] up to an encoded length of limit bytes, but at least one if there is
// one. They alias the log and are valid until the next call.
func (r *Replica) Entries(lo, hi uint64, limit int) [][]byte {
	r.entries = r.entries[:0]
	for slot := lo + 1; slot <= hi; slot++ {
		e := r.Log.At(slot)
		if limit -= len(e) + wire.EntryOverhead; limit < 0 && len(r.entries) > 0 {
			break
		}
		r.entries = append(r.entries, e)
	}
	return r.entries
}

// wholeLog is a limit in bytes above that of any log.
const wholeLog = 1 << 62
