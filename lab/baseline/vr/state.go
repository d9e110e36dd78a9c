package vr

import (
	"bytes"
	"time"

	"github.com/netordered/nopaxos/lab/baseline/wire"
	"github.com/netordered/nopaxos/monotime"
)

// fetch is a state transfer in progress (§5.2). Committed entries are the same in every view, so a replica in any
// status may fetch them. Uncommitted entries come only from the leader of the replica's view, and only if the leader
// determines their order.
type fetch struct {
	from  int
	hi    uint64        // up to this slot
	at    time.Duration // time of the next request; monotime.Never if idle
	delay time.Duration
}

// NeedState fetches missing entries up to a slot from the leader.
func (r *Replica) NeedState(hi uint64) {
	if r.Leader() != r.Cfg.Self {
		r.startFetch(r.Leader(), hi)
	}
}

// startFetch starts a fetch, or moves the end of an equal one that is in progress.
func (r *Replica) startFetch(from int, hi uint64) {
	f := &r.fetch
	if f.at != monotime.Never && f.from == from {
		f.hi = max(f.hi, hi)
		return
	}
	*f = fetch{from: from, hi: hi, delay: r.Cfg.Retransmit}
	r.ask()
}

func (r *Replica) ask() {
	f := &r.fetch
	f.at = r.Now + f.delay
	f.delay = min(2*f.delay, 32*r.Cfg.Retransmit)
	r.Stats.Fetches++
	lo := r.commit
	if r.phase == phaseNormal && !r.traits.Unordered {
		lo = r.Log.End()
	}
	r.Send(f.from, &wire.GetState{Lo: lo, Hi: f.hi})
}

func (r *Replica) tickFetch() {
	if f := &r.fetch; r.Now >= f.at {
		if r.fetched() {
			f.at = monotime.Never
			return
		}
		r.ask()
	}
}

// fetched reports whether the fetch is complete.
func (r *Replica) fetched() bool {
	if r.phase == phaseNormal && !r.traits.Unordered {
		return r.Log.End() >= r.fetch.hi
	}
	return r.commit >= r.fetch.hi
}

// fetchAnswer bounds the entries of a NEW-STATE, in bytes.
const fetchAnswer = 1 << 18

// onGetState answers with committed entries, and to a follower also with uncommitted ones.
func (r *Replica) onGetState(from int, m *wire.GetState) {
	if r.phase == phaseRecovering {
		return
	}
	answer := &wire.NewState{Base: m.Lo, Commit: r.commit}
	if m.Lo < r.Log.Start() {
		answer.Base, answer.Snapshot = r.snapshots.newest.slot, r.snapshots.newest.data
	}
	hi := r.commit
	if r.Leads() && m.View == r.view && r.traits.leaderKnows() {
		hi = r.Log.End()
	}
	if hi = min(hi, max(m.Hi, answer.Base)); answer.Base < hi {
		answer.Entries = r.Entries(answer.Base, hi, fetchAnswer)
	}
	r.Send(from, answer)
}

// onNewState takes the fetched entries.
func (r *Replica) onNewState(from int, m *wire.NewState) {
	if r.fetch.at == monotime.Never || from != r.fetch.from || r.phase == phaseNormal && m.View != r.view {
		return
	}
	if len(m.Snapshot) > 0 && m.Base > r.commit && !r.installCommitted(m) {
		return
	}
	if ordered := r.phase == phaseNormal && !r.traits.Unordered; m.Base > r.Log.End() || !ordered && m.Base > r.commit {
		return // answers an earlier life of this replica
	}
	for i, e := range m.Entries {
		switch slot := m.Base + 1 + uint64(i); {
		case slot <= r.commit:
		case slot <= m.Commit:
			r.putCommitted(slot, e)
		case r.phase == phaseNormal && !r.traits.Unordered, r.phase == phaseNormal && r.traits.Chained && slot == r.Log.End()+1:
			r.Log.Insert(slot, e)
		}
	}
	r.CommitTo(min(m.Commit, m.Base+uint64(len(m.Entries))))
	if r.phase == phaseNormal {
		r.protocol.Grown()
	}
	r.progress()
}

// installCommitted replaces the state by another replica's snapshot of committed entries. Later entries of the log
// stay, as they may have been acknowledged.
func (r *Replica) installCommitted(m *wire.NewState) bool {
	s, err := parseSnapshot(bytes.Clone(m.Snapshot))
	if err != nil || s.slot != m.Base {
		r.Stats.Refused++
		return false
	}
	r.install(s)
	r.commit = s.slot
	r.Log.rebase(s.slot, s.digest)
	r.snapshots.newest, r.snapshots.next = s, nil
	r.Stats.Installed++
	return true
}

// putCommitted puts a committed entry into its slot, and replaces a different one. Later entries of the log stay
// unless a chained digest shows that they are wrong.
func (r *Replica) putCommitted(slot uint64, payload []byte) {
	if slot > r.Log.End() {
		r.Log.Insert(slot, payload)
		return
	}
	if string(r.Log.At(slot)) == string(payload) {
		return
	}
	r.rollback(slot - 1)
	if r.traits.Chained {
		r.cut(slot - 1)
	} else {
		r.displace(r.Log.At(slot))
	}
	r.Log.put(slot, payload)
	r.Log.advance()
}

// progress continues with the fetch, or with the steps that waited for it.
func (r *Replica) progress() {
	if !r.fetched() {
		r.fetch.delay = r.Cfg.Retransmit
		r.change.deadline = r.Now + r.change.timeout
		r.recovery.at = r.Now + r.Cfg.ViewChange
		r.ask()
		return
	}
	r.fetch.at = monotime.Never
	switch {
	case r.join != nil:
		r.tryJoin()
	case r.phase == phaseViewChange:
		r.tryForm()
	}
}
