package fastpaxos

import (
	"bytes"

	"github.com/netordered/nopaxos/lab/baseline/vr"
	nopaxos "github.com/netordered/nopaxos/replica/wire"
)

// parked is a request that is known and in no slot.
type parked struct {
	id   vr.RequestID
	body []byte
}

// maxParked bounds the requests that are kept without a slot; the oldest go, and their clients send
// them again.
const maxParked = 1 << 10

// park keeps a request for later, unless it is kept already.
func (p *protocol) park(id vr.RequestID, body []byte) {
	for i := range p.parked {
		if p.parked[i].id == id {
			return
		}
	}
	if len(p.parked) == maxParked {
		p.parked = append(p.parked[:0], p.parked[1:]...)
	}
	p.parked = append(p.parked, parked{id: id, body: bytes.Clone(body)})
}

// parkEntry keeps an entry that is about to lose its slot.
func (p *protocol) parkEntry(body []byte) {
	if req, err := nopaxos.ParseRequest(body); err == nil {
		p.park(vr.IDOf(&req), body)
	}
}

// align gives slots to parked requests until the log behind what is committed has as many slots as this
// replica knows requests. A vote cannot be taken back: where the leader puts a request into a slot that had
// another one's vote, a request may stand in two slots, or in none. Were each request that comes voted for
// at the next slot all the same, this replica would be ahead of the others or behind them for ever, and all
// its votes would collide. But two replicas that know the same requests have the same number of slots, and
// vote for the next request at the same one.
func (p *protocol) align() {
	for len(p.parked) > p.dups && len(p.parked) > 0 {
		first := p.parked[0]
		p.parked = append(p.parked[:0], p.parked[1:]...)
		p.vote(first.id, first.body, p.Cfg.Keys.Client.Sum(first.body))
	}
}

// reindex finds anew which slot is a request's own, the first one, after entries were replaced.
func (p *protocol) reindex() {
	p.index.Clear()
	p.dups = 0
	for slot := p.Commit() + 1; slot <= p.Log.End(); slot++ {
		req, err := nopaxos.ParseRequest(p.Log.At(slot))
		if id := vr.IDOf(&req); err == nil && !p.Table.Settled(&req) && p.index.Slot(id) == 0 {
			p.index.Put(id, slot)
		} else {
			p.dups++
		}
	}
	rest := p.parked[:0]
	for _, k := range p.parked {
		req, err := nopaxos.ParseRequest(k.body)
		if err == nil && p.index.Slot(k.id) == 0 && !p.Table.Settled(&req) {
			rest = append(rest, k)
		}
	}
	clear(p.parked[len(rest):])
	p.parked = rest
}
