package fastpaxos

import (
	"bytes"

	"github.com/netordered/nopaxos/lab/baseline/vr"
	nopaxos "github.com/netordered/nopaxos/replica/wire"
)

// parked is a request without a slot.
type parked struct {
	id   vr.RequestID
	body []byte
}

// maxParked bounds the parked requests. The oldest are dropped, and their clients retransmit them.
const maxParked = 1 << 10

// park keeps a request for later unless it is parked already.
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

// parkEntry parks an entry that is about to lose its slot.
func (p *protocol) parkEntry(body []byte) {
	if req, err := nopaxos.ParseRequest(body); err == nil {
		p.park(vr.IDOf(&req), body)
	}
}

// align gives slots to parked requests until the uncommitted log has as many slots as this replica knows requests. A
// vote is final: where the leader puts a request into a slot with another vote, a request may occupy two slots, or
// none. If replicas then voted for every new request at the next slot, this replica would stay ahead of or behind the
// others, and all its votes would collide. But two replicas that know the same requests have the same number of
// slots, and so vote for the next request at the same slot.
func (p *protocol) align() {
	for len(p.parked) > p.dups && len(p.parked) > 0 {
		first := p.parked[0]
		p.parked = append(p.parked[:0], p.parked[1:]...)
		p.vote(first.id, first.body, p.Cfg.Keys.Client.Sum(first.body))
	}
}

// reindex recomputes which slot belongs to each request, the first one, after entries were replaced.
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
