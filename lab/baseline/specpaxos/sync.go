package specpaxos

import (
	"time"

	"github.com/netordered/nopaxos/lab/baseline/vr"
	"github.com/netordered/nopaxos/lab/baseline/wire"
	"github.com/netordered/nopaxos/monotime"
	nopaxos "github.com/netordered/nopaxos/replica/wire"
)

// sync is the leader's current synchronization.
type sync struct {
	open    bool
	slot    uint64
	digest  nopaxos.Digest
	agree   vr.Set        // followers with the same digest at slot
	differ  vr.Set        // followers with another digest or a shorter log
	tries   int           // transmissions in this phase
	sendAt  time.Duration // time of the next retransmission
	nextAt  time.Duration // time of the next synchronization, for any number of slots
	partial bool          // the previous one found no superquorum
}

// maxTries is the number of SYNCs after which the leader stops waiting for missing answers.
const maxTries = 3

// trySync starts a synchronization if one is due.
func (p *protocol) trySync() {
	s, end := &p.sync, p.Log.End()
	if s.open || end == p.Commit() || end < p.Commit()+p.Cfg.SyncSlots && p.Now < s.nextAt {
		return
	}
	s.nextAt = p.Now + p.Cfg.SyncInterval
	if p.F == 0 {
		p.commitTo(end, false)
		return
	}
	s.open, s.slot, s.digest, s.agree, s.differ, s.tries = true, end, p.Log.Digest(end), vr.Set{}, vr.Set{}, 0
	p.sendSync()
}

// sendSync sends the message of the current phase.
func (p *protocol) sendSync() {
	s := &p.sync
	s.tries++
	s.sendAt = p.Now + p.Cfg.Retransmit
	if p.confirmed >= s.slot {
		p.confirmOf = wire.Confirm{Slot: s.slot, Digest: s.digest}
		p.SendAll(&p.confirmOf)
		return
	}
	p.message = wire.Sync{Slot: s.slot, Digest: s.digest}
	p.SendAll(&p.message)
}

// onSync answers once the log reaches the slot, or at the second request: then the missing entries have been lost.
func (p *protocol) onSync(from int, m *wire.Sync) {
	if from != p.Leader() {
		return
	}
	again := p.pending.Slot == m.Slot
	p.pending = *m
	if again || p.Log.End() >= m.Slot {
		p.answerSync()
	}
}

// answerSync sends the log's digest at the slot.
func (p *protocol) answerSync() {
	m := p.pending
	p.syncReply = wire.SyncReply{Slot: m.Slot}
	switch {
	case m.Slot <= p.Commit():
		p.syncReply.Digest = m.Digest
	case m.Slot <= p.Log.End():
		p.syncReply.Digest = p.Log.Digest(m.Slot)
	}
	if p.syncReply.Digest == m.Digest {
		p.pending = wire.Sync{}
	}
	p.Send(p.Leader(), &p.syncReply)
}

// onSyncReply commits the slot if a superquorum agrees, and asks f agreeing followers to confirm it otherwise.
func (p *protocol) onSyncReply(from int, m *wire.SyncReply) {
	s := &p.sync
	if p.Leads() && !s.open && m.Slot > p.Log.End() {
		p.reconcile() // the others may have answered requests that this replica missed
		return
	}
	if !p.Leads() || !s.open || m.Slot != s.slot || p.confirmed >= s.slot {
		return
	}
	if m.Digest == s.digest {
		s.agree.Add(from)
		s.differ.Remove(from)
	} else if !s.agree.Has(from) {
		s.differ.Add(from)
	}
	agree, silent := s.agree.Len(), p.Cfg.N-1-s.agree.Len()-s.differ.Len()
	switch {
	case agree+1 >= vr.Superquorum(p.Cfg.N):
		p.finishSync(false)
	case agree >= p.F && (silent == 0 || s.partial || s.tries > 1):
		p.askToConfirm()
	case agree+silent < p.F:
		p.reconcile()
	}
}

// askToConfirm starts a second phase. The f+1 replicas that agree up to the slot keep any other log from a
// superquorum, so they can safely accept theirs.
func (p *protocol) askToConfirm() {
	p.confirm(p.sync.slot)
	p.sync.tries = 0
	p.sendSync()
}

// onConfirm confirms the leader's log, which equals this replica's own, as the view's.
func (p *protocol) onConfirm(from int, m *wire.Confirm) {
	if from != p.Leader() {
		return
	}
	if m.Slot > p.Commit() {
		if m.Slot > p.Log.End() || p.Log.Digest(m.Slot) != m.Digest {
			return
		}
		p.confirm(m.Slot)
	}
	p.confirmed = max(p.confirmed, m.Slot)
	p.sendConfirmed()
}

func (p *protocol) sendConfirmed() {
	if p.confirmed > 0 {
		p.confirmOK = wire.PrepareOK{Slot: p.confirmed}
		p.Send(p.Leader(), &p.confirmOK)
	}
}

// onConfirmed commits slots that f others have confirmed.
func (p *protocol) onConfirmed(from int, m *wire.PrepareOK) {
	if !p.Leads() || m.Slot > p.confirmed || m.Slot <= p.accepted[from] {
		return
	}
	p.accepted[from] = m.Slot
	slot := p.quorum()
	if slot <= p.Commit() {
		return
	}
	if s := &p.sync; s.open && s.slot <= slot {
		p.finishSync(true)
		return
	}
	p.announce(slot, true)
}

// quorum is the highest slot that f others have confirmed.
func (p *protocol) quorum() (slot uint64) {
	for _, candidate := range p.accepted {
		n := 0
		for i, accepted := range p.accepted {
			if i != p.Cfg.Self && accepted >= candidate {
				n++
			}
		}
		if n >= p.F {
			slot = max(slot, candidate)
		}
	}
	return slot
}

// finishSync commits up to the slot of the synchronization. A partial one had no superquorum.
func (p *protocol) finishSync(partial bool) {
	s := &p.sync
	s.open, s.partial, s.sendAt = false, partial, monotime.Never
	if partial {
		s.nextAt = min(s.nextAt, p.Now+p.Cfg.SyncInterval/5) // clients wait for it
	}
	p.announce(s.slot, partial)
	p.trySync()
}

// announce commits up to a slot and sends SYNC-COMMIT. Without a superquorum it also answers the clients, who did not
// find one either.
func (p *protocol) announce(slot uint64, tell bool) {
	p.commitTo(slot, tell)
	p.syncCommit = wire.SyncCommit{Slot: slot, Digest: p.Log.Digest(slot)}
	p.SendAll(&p.syncCommit)
}

// reconcile starts a new view with the same leader, which merges the logs.
func (p *protocol) reconcile() { p.ChangeView(p.View() + uint64(p.Cfg.N)) }

// onSyncCommit commits, or fetches and rolls back a log that differs.
func (p *protocol) onSyncCommit(from int, m *wire.SyncCommit) {
	if from != p.Leader() || m.Slot <= p.Commit() {
		return
	}
	if m.Slot > p.Log.End() || p.Log.Digest(m.Slot) != m.Digest {
		p.NeedState(m.Slot)
		return
	}
	p.commitTo(m.Slot, false)
}

// lateAfter is the number of synchronization intervals that a follower waits for the commit of its entries.
const lateAfter = 4

// sayLate tells the leader about entries that it seems to lack: a superquorum does not need the leader, which
// synchronizes only the requests that it received.
func (p *protocol) sayLate() {
	p.lateAt = monotime.Never
	if end := p.Log.End(); end > p.Commit() {
		p.lateAt = p.Now + lateAfter*p.Cfg.SyncInterval
		p.syncReply = wire.SyncReply{Slot: end, Digest: p.Log.Digest(end)}
		p.Send(p.Leader(), &p.syncReply)
	}
}

// Tick handles expired timers.
func (p *protocol) Tick() {
	if !p.Leads() {
		if p.Now >= p.lateAt {
			p.sayLate()
		}
		return
	}
	s := &p.sync
	if !s.open {
		p.trySync()
		return
	}
	switch asking := p.confirmed < s.slot; {
	case p.Now < s.sendAt:
	case asking && s.agree.Len() >= p.F && s.tries > 1:
		p.askToConfirm()
	case asking && s.tries >= maxTries:
		p.reconcile()
	default:
		p.sendSync()
	}
}

// Deadline returns the time of the next Tick.
func (p *protocol) Deadline() time.Duration {
	switch s := &p.sync; {
	case !p.Leads():
		return p.lateAt
	case s.open:
		return s.sendAt
	case p.Log.End() > p.Commit():
		return s.nextAt
	}
	return monotime.Never
}
