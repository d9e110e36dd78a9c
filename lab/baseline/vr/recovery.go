package vr

import (
	"slices"
	"time"

	"github.com/netordered/nopaxos/lab/baseline/wire"
	"github.com/netordered/nopaxos/monotime"
)

// recovery is the recovery of a restarted replica (§4.3).
type recovery struct {
	at        time.Duration // time of the next RECOVERY
	delay     time.Duration
	responses []*wire.RecoveryResponse // by replica
}

func (r *Replica) startRecovery() {
	r.phase = phaseRecovering
	r.recovery.delay = r.Cfg.Retransmit
	r.askForRecovery()
}

// askForRecovery restarts recovery: the view may have changed, or its leader may not answer.
func (r *Replica) askForRecovery() {
	c := &r.recovery
	c.at = r.Now + c.delay
	c.delay = min(2*c.delay, 16*r.Cfg.Retransmit)
	c.responses = make([]*wire.RecoveryResponse, r.Cfg.N)
	r.join = nil
	r.fetch.at = monotime.Never
	r.SendAll(&wire.Recovery{})
}

func (r *Replica) tickRecovery() {
	if r.Now >= r.recovery.at {
		r.askForRecovery()
	}
}

// onRecovery answers a restarted replica. If that replica led the view, the view has no leader any more. Where
// followers' logs differ from the leader's, entries that the replica had acknowledged may be in its lost log and too
// few others. Then it must join in a view that was formed without its memory.
func (r *Replica) onRecovery(from int, m *wire.Recovery) {
	if r.phase != phaseNormal {
		return
	}
	if from == r.Leader() || r.traits.Unordered && r.formed[from] != m.Incarnation {
		view := r.view + 1
		if r.leaderOf(view) == from {
			view++
		}
		r.startViewChange(view)
		return
	}
	answer := &wire.RecoveryResponse{Nonce: m.Incarnation, Leader: r.Leads(), Commit: r.commit, Vector: r.vector}
	if answer.Leader {
		answer.Entries, answer.Marks = r.Entries(r.commit, r.Log.End(), wholeLog), r.marks()
	}
	r.Send(from, answer)
}

// onRecoveryResponse joins the newest view known to f+1 replicas that include its leader.
func (r *Replica) onRecoveryResponse(from int, m *wire.RecoveryResponse) {
	if r.phase != phaseRecovering || m.Nonce != r.Cfg.Incarnation || r.join != nil {
		return
	}
	r.know(m.Vector)
	kept := *m
	kept.Entries, kept.Marks, kept.Vector = cloneEntries(m.Entries), slices.Clone(m.Marks), slices.Clone(m.Vector)
	r.recovery.responses[from] = &kept
	n := 0
	var newest *wire.RecoveryResponse
	for i, a := range r.recovery.responses {
		if a == nil || a.Incarnation != r.vector[i] {
			continue
		}
		n++
		if newest == nil || a.View > newest.View || a.View == newest.View && a.Leader {
			newest = a
		}
	}
	if n <= r.F || !newest.Leader {
		return
	}
	r.view = newest.View
	r.recovery.at = r.Now + r.Cfg.ViewChange // until state transfer ends
	r.joinView(&join{from: int(newest.Replica), commit: newest.Commit, entries: newest.Entries, marks: newest.Marks})
}
