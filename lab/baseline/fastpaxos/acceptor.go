package fastpaxos

import (
	"github.com/netordered/nopaxos/lab/baseline/vr"
	"github.com/netordered/nopaxos/lab/baseline/wire"
	nopaxos "github.com/netordered/nopaxos/replica/wire"
)

// classic marks an entry that was accepted in the slot's classic round. Without it an entry is a vote in the fast
// round.
const classic = 1

// Request votes for a request at the next slot.
func (p *protocol) Request(req *nopaxos.Request, body []byte, tag nopaxos.Digest) {
	id := vr.IDOf(req)
	if p.Table.Settled(req) {
		if p.Leads() {
			p.Answer(p.Commit(), req)
		}
		return
	}
	if slot := p.index.Slot(id); slot != 0 {
		p.repeatVote(slot)
		return
	}
	if p.Full() || p.Log.End()-p.Commit() >= window/2 {
		p.Stats.Full++
		if p.Leads() {
			p.Reply(p.Commit(), req, nopaxos.StatusFull, nil)
		}
		return
	}
	if p.dups == 0 && len(p.parked) == 0 {
		p.vote(id, body, tag)
		return
	}
	p.park(id, body)
	p.align()
}

// vote puts a request into the next slot and sends the vote to the leader.
func (p *protocol) vote(id vr.RequestID, body []byte, tag nopaxos.Digest) {
	slot := p.Log.Append(body)
	p.Log.SetDigest(slot, tag)
	p.index.Put(id, slot)
	if p.Leads() {
		p.count(p.Cfg.Self, slot, tag)
		return
	}
	p.sendVote(slot, tag)
}

func (p *protocol) sendVote(slot uint64, value nopaxos.Digest) {
	p.accepted = wire.Accepted{Slot: slot, Value: value}
	p.Send(p.Leader(), &p.accepted)
}

// repeatVote repeats how the entry at a slot was accepted, because its client seems to wait.
func (p *protocol) repeatVote(slot uint64) {
	switch {
	case p.Leads():
	case p.Log.Mark(slot) == classic:
		p.acknowledge(slot, slot)
	default:
		p.sendVote(slot, p.value(slot))
	}
}

// onAskVotes repeats the votes that the leader lacks. Clients also repeat requests, but not those that have since
// moved to another slot.
func (p *protocol) onAskVotes(from int, m *wire.AskVotes) {
	if from != p.Leader() {
		return
	}
	for slot := max(m.First, p.Commit()+1); slot <= min(m.Last, p.Log.End()); slot++ {
		p.repeatVote(slot)
	}
}

// value is the digest that identifies the entry at a slot: the tag of the REQUEST.
func (p *protocol) value(slot uint64) nopaxos.Digest {
	if d := p.Log.Digest(slot); d != (nopaxos.Digest{}) {
		return d
	}
	d := p.Cfg.Keys.Client.Sum(p.Log.At(slot))
	p.Log.SetDigest(slot, d)
	return d
}

// onResolve replaces the replica's own votes by the leader's entries. It ignores entries that do not adjoin the log,
// as an accepted entry must not follow a missing slot.
func (p *protocol) onResolve(from int, m *wire.Resolve) {
	if from != p.Leader() {
		return
	}
	last := m.First - 1
	for i, e := range m.Entries {
		slot := m.First + uint64(i)
		if slot > p.Log.End()+1 {
			break
		}
		p.place(slot, e)
		last = slot
	}
	if last < m.First {
		return
	}
	p.reindex()
	p.align()
	p.acknowledge(m.First, last)
}

func (p *protocol) acknowledge(first, last uint64) {
	p.resolved = wire.Resolved{First: first, Last: last}
	p.Send(p.Leader(), &p.resolved)
}

// place accepts an entry in the classic round of a slot up to the end of the log plus one.
func (p *protocol) place(slot uint64, body []byte) {
	switch {
	case slot <= p.Commit():
		return
	case slot > p.Log.End():
		p.Log.Append(body)
	case string(p.Log.At(slot)) != string(body):
		p.parkEntry(p.Log.At(slot))
		p.Log.Set(slot, body)
	}
	p.Log.SetMark(slot, classic)
}

// onAskValue sends the leader an entry that it lacks.
func (p *protocol) onAskValue(from int, m *wire.AskValue) {
	if m.Slot > p.Log.Start() && m.Slot <= p.Log.End() {
		p.Send(from, &wire.Value{Slot: m.Slot, Entry: p.Log.At(m.Slot)})
	}
}
