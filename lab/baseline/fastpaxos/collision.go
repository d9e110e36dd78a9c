package fastpaxos

import (
	"bytes"

	"github.com/netordered/nopaxos/lab/baseline/wire"
	"github.com/netordered/nopaxos/monotime"
	nopaxos "github.com/netordered/nopaxos/replica/wire"
)

// overtaken is the number of slots by which a replica's latest vote must be ahead of a missing vote for that vote to
// count as lost.
const overtaken = 3

// wanted is an entry that the leader must order but does not have.
type wanted struct {
	slot  uint64 // 0 if none
	value nopaxos.Digest
	body  []byte
}

// tryResolve recovers the first slots that are not chosen if their votes collide.
func (p *protocol) tryResolve() {
	first := p.Commit() + 1
	if first > p.high || !p.collides(first) {
		return
	}
	p.resolve(first)
}

// collides reports whether a slot will not be chosen in its fast round, as far as the leader can tell without
// waiting.
func (p *protocol) collides(slot uint64) bool {
	b := p.ballot(slot)
	if b.resolving || b.chosen || !p.resolvable(b) {
		return false
	}
	missing, lost := p.Cfg.N-b.voted.Len(), 0
	for i := range p.Cfg.N {
		if !b.voted.Has(i) && p.lost(i, slot) {
			lost++
		}
	}
	_, most := p.favourite(b)
	switch own := p.Cfg.Self; {
	case most >= p.quorum: // chosen, but the leader's log has another entry or none
		return b.voted.Has(own) || p.lost(own, slot)
	case most+missing < p.quorum:
		return true
	}
	return missing == lost
}

// lost reports whether a missing vote will not arrive: the replica (for the leader's own vote, any replica) has voted
// for later slots.
func (p *protocol) lost(from int, slot uint64) bool {
	if from == p.Cfg.Self {
		return p.high >= slot+overtaken
	}
	return p.lastVote[from] >= slot+overtaken
}

// resolvable reports whether a classic quorum has voted, so that its votes determine what may be chosen.
func (p *protocol) resolvable(b *ballot) bool { return b.voted.Len() > p.F }

// favourite is the value with most votes at a slot, where the leader's own breaks ties. If a value may have been
// chosen by votes that include missing ones, it is this one: any two fast quorums share more than half of the voters
// of a classic quorum.
func (p *protocol) favourite(b *ballot) (value nopaxos.Digest, most int) {
	votes := p.votes(b.slot)
	if own := p.Cfg.Self; b.voted.Has(own) {
		value, most = votes[own], p.support(b, votes[own])
	}
	for i, v := range votes {
		if b.voted.Has(i) && v != value {
			if n := p.support(b, v); n > most {
				value, most = v, n
			}
		}
	}
	return value, most
}

// resolve orders the slots from first on for as long as their votes collide.
func (p *protocol) resolve(first uint64) {
	m := wire.Resolve{First: first}
	for slot := first; slot == first || slot <= p.high && p.collides(slot); slot++ {
		b := p.ballot(slot)
		value, _ := p.favourite(b)
		body := p.find(slot, value)
		if body == nil {
			break
		}
		p.place(slot, body)
		b.resolving = true
		p.Stats.Collisions++
		m.Entries = append(m.Entries, p.Log.At(slot))
	}
	if len(m.Entries) == 0 {
		return
	}
	p.SendAll(&m)
	p.reindex()
	p.align()
	p.watchHead()
}

// find returns the entry with a value, for a slot up to the end of the log plus one, or asks for it. The entry does
// not alias the log.
func (p *protocol) find(slot uint64, value nopaxos.Digest) []byte {
	if slot > p.Log.End()+1 {
		return nil
	}
	if slot <= p.Log.End() && p.value(slot) == value {
		return bytes.Clone(p.Log.At(slot))
	}
	for s := p.Commit() + 1; s <= p.Log.End(); s++ {
		if p.value(s) == value {
			return bytes.Clone(p.Log.At(s))
		}
	}
	for i := range p.parked {
		if p.Cfg.Keys.Client.Sum(p.parked[i].body) == value {
			return bytes.Clone(p.parked[i].body)
		}
	}
	if p.wanted.value == value && p.wanted.body != nil {
		return p.wanted.body
	}
	p.ask(slot, value)
	return nil
}

// ask asks the replicas that have voted for a value, unless that was done already.
func (p *protocol) ask(slot uint64, value nopaxos.Digest) {
	if p.wanted.slot == slot && p.wanted.value == value {
		return
	}
	p.wanted = wanted{slot: slot, value: value}
	b := p.ballot(slot)
	for i, v := range p.votes(slot) {
		if b.voted.Has(i) && v == value {
			p.Send(i, &wire.AskValue{Slot: slot})
		}
	}
}

func (p *protocol) onValue(m *wire.Value) {
	w := &p.wanted
	if !p.Leads() || m.Slot != w.slot || w.body != nil || p.Cfg.Keys.Client.Sum(m.Entry) != w.value {
		return
	}
	w.body = bytes.Clone(m.Entry)
	if m.Slot == p.Commit()+1 && !p.ballot(m.Slot).resolving {
		p.resolve(m.Slot)
	}
}

// watchHead starts the timer of the first uncommitted slot.
func (p *protocol) watchHead() {
	p.delay = p.Cfg.Retransmit
	p.headAt = monotime.Never
	if p.Commit() < max(p.high, p.Log.End()) && p.F > 0 {
		p.headAt = p.Now + p.delay
	}
}

// headLate acts when the first slot has waited for too long: a vote, a RESOLVE or its acknowledgement is lost.
func (p *protocol) headLate() {
	p.delay = min(2*p.delay, 16*p.Cfg.Retransmit)
	p.headAt = p.Now + p.delay
	p.wanted.slot = 0 // ask again
	switch b := p.ballot(p.Commit() + 1); {
	case b.resolving:
		p.repeatResolve()
	case p.resolvable(b):
		p.resolve(b.slot)
	default:
		p.SendAll(&wire.AskVotes{First: b.slot, Last: b.slot + askAhead})
	}
}

// askAhead is the number of slots after the first that are asked about with it.
const askAhead = 32

// repeatResolve resends as many of the entries being resolved at the head as fit a datagram.
func (p *protocol) repeatResolve() {
	first, last := p.Commit()+1, p.Commit()
	for last < p.Log.End() && p.ballot(last+1).resolving {
		last++
	}
	p.SendAll(&wire.Resolve{First: first, Entries: p.Entries(first-1, last, p.Cfg.MTU-wire.PrepareOverhead)})
}
