package fastpaxos

import (
	"encoding/binary"
	"time"

	"github.com/netordered/nopaxos/lab/baseline/vr"
	"github.com/netordered/nopaxos/lab/baseline/wire"
	"github.com/netordered/nopaxos/monotime"
	nopaxos "github.com/netordered/nopaxos/replica/wire"
)

// window is the number of uncommitted slots for which the leader counts votes.
const window = 1 << 13

// ballot is the leader's state of a slot.
type ballot struct {
	slot      uint64 // whose ballot this is
	voted     vr.Set // in the fast round
	acked     vr.Set // followers that acknowledged the classic round
	resolving bool   // in the classic round, where votes no longer count
	chosen    bool
}

// ballot returns the ballot of a slot in (commit, commit+window].
func (p *protocol) ballot(slot uint64) *ballot {
	b := &p.ballots[slot%window]
	if b.slot != slot {
		*b = ballot{slot: slot}
	}
	return b
}

// votes are the values voted for at a slot, by replica. Only those of replicas in voted are valid.
func (p *protocol) votes(slot uint64) []nopaxos.Digest {
	at := int(slot%window) * p.Cfg.N
	return p.values[at : at+p.Cfg.N]
}

func (p *protocol) onAccepted(from int, m *wire.Accepted) {
	if p.Leads() && m.Slot > p.Commit() && m.Slot <= p.Commit()+window {
		p.count(from, m.Slot, m.Value)
	}
}

// count records a vote.
func (p *protocol) count(from int, slot uint64, value nopaxos.Digest) {
	b := p.ballot(slot)
	if b.resolving || b.chosen || b.voted.Has(from) {
		return
	}
	votes := p.votes(slot)
	b.voted.Add(from)
	votes[from] = value
	p.high = max(p.high, slot)
	p.lastVote[from] = max(p.lastVote[from], slot)
	if p.headAt == monotime.Never {
		p.watchHead()
	}
	if own := p.Cfg.Self; b.voted.Has(own) && p.support(b, votes[own]) >= p.quorum {
		b.chosen = true
		p.commitChosen()
	}
	p.tryResolve()
}

// support is the number of votes for a value.
func (p *protocol) support(b *ballot, value nopaxos.Digest) (n int) {
	for i, v := range p.votes(b.slot) {
		if v == value && b.voted.Has(i) {
			n++
		}
	}
	return n
}

// onResolved counts acknowledgements of the leader's entries.
func (p *protocol) onResolved(from int, m *wire.Resolved) {
	if !p.Leads() || m.Last > p.Log.End() {
		return
	}
	for slot := max(m.First, p.Commit()+1); slot <= m.Last; slot++ {
		if b := p.ballot(slot); b.resolving {
			b.acked.Add(from)
			b.chosen = b.acked.Len() >= p.F
		}
	}
	p.commitChosen()
	p.tryResolve()
}

// commitChosen commits the chosen slots up to the first that is not chosen. A single replica chooses alone.
func (p *protocol) commitChosen() {
	slot := p.Commit()
	for slot < p.Log.End() && (p.ballot(slot+1).chosen || p.F == 0) {
		slot++
	}
	if slot == p.Commit() {
		return
	}
	p.CommitTo(slot)
	if p.decideAt == monotime.Never {
		p.decideAt = p.Now + decideAfter
	}
	if slot-p.announced >= decideSlots {
		p.decide()
	}
	p.watchHead()
}

// Followers receive DECIDED after this time or this many slots.
const (
	decideAfter = time.Millisecond
	decideSlots = 256
)

// decide sends DECIDED to the followers.
func (p *protocol) decide() {
	p.decideAt = monotime.Never
	if p.announced == p.Commit() {
		return
	}
	from := max(p.announced, p.Log.Start()) // followers must fetch truncated entries
	p.decided = wire.Decided{From: from, Slot: p.Commit(), Digest: p.digest(from, p.Commit())}
	p.announced = p.Commit()
	p.SendAll(&p.decided)
}

// digest identifies the entries at slots (from, to].
func (p *protocol) digest(from, to uint64) (d nopaxos.Digest) {
	for slot := from + 1; slot <= to; slot++ {
		v := p.value(slot)
		b := binary.BigEndian.AppendUint64(p.scratch[:0], d.Hi)
		b = binary.BigEndian.AppendUint64(b, d.Lo)
		b = binary.BigEndian.AppendUint64(b, v.Hi)
		b = binary.BigEndian.AppendUint64(b, v.Lo)
		p.scratch = b
		d = p.Cfg.Keys.Digest.Sum(b)
	}
	return d
}

// onDecided commits up to the leader's commit if the log agrees there. Otherwise it fetches the entries.
func (p *protocol) onDecided(from int, m *wire.Decided) {
	if from != p.Leader() || m.Slot <= p.Commit() {
		return
	}
	if m.From > p.Commit() || m.From < p.Log.Start() || m.Slot > p.Log.End() || p.digest(m.From, m.Slot) != m.Digest {
		p.NeedState(m.Slot)
		return
	}
	p.CommitTo(m.Slot)
}
