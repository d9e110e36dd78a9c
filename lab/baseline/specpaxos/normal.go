package specpaxos

import (
	"github.com/netordered/nopaxos/lab/baseline/vr"
	"github.com/netordered/nopaxos/lab/baseline/wire"
	"github.com/netordered/nopaxos/monotime"
	nopaxos "github.com/netordered/nopaxos/replica/wire"
)

// Request executes a request in the next slot, or answers it again.
func (p *protocol) Request(req *nopaxos.Request, body []byte, _ nopaxos.Digest) {
	if slot := p.index.Slot(vr.IDOf(req)); slot != 0 {
		p.answer(slot, req)
		return
	}
	if p.Table.Settled(req) {
		p.answer(p.Commit(), req)
		return
	}
	if p.Full() {
		p.Stats.Full++
		p.reply(p.Commit(), true, req, nopaxos.StatusFull, nil)
		return
	}
	p.req = *req
	p.speculate(&p.req, body)
}

// speculate puts a request into a slot, executes it and answers it.
func (p *protocol) speculate(req *nopaxos.Request, body []byte) {
	slot := p.Log.Append(body)
	p.index.Put(vr.IDOf(req), slot)
	p.ExecuteTo(slot)
	p.answer(slot, req)
	if p.Leads() {
		p.trySync()
		return
	}
	if p.pending.Slot == slot {
		p.answerSync()
	}
	if p.lateAt == monotime.Never {
		p.lateAt = p.Now + lateAfter*p.Cfg.SyncInterval
	}
}

// answer sends the SPECULATIVE-REPLY to a request executed at a slot, or, if that is the last committed slot, at or
// before it.
func (p *protocol) answer(slot uint64, req *nopaxos.Request) {
	if status, result, ok := p.Table.Answer(slot, req); ok {
		p.reply(slot, slot <= p.Commit(), req, status, result)
	}
}

// reply sends a SPECULATIVE-REPLY. A final one needs no agreement with other logs.
func (p *protocol) reply(slot uint64, final bool, req *nopaxos.Request, status nopaxos.Status, result []byte) {
	p.speculation = wire.Speculation{Final: final}
	if !final {
		p.speculation.Log = p.Log.Digest(slot)
	}
	m := nopaxos.Reply{
		View: nopaxos.View{Leader: p.View()}, Slot: max(slot, 1), Client: req.Client, ID: req.ID,
		Replica: uint16(p.Cfg.Self), Status: status,
	}
	p.Out.Reply(&m, &p.speculation, req.ReplyTo, result)
}

// commitTo commits the executed log up to a slot. If tell, it sends clients the outcomes.
func (p *protocol) commitTo(slot uint64, tell bool) {
	for s := p.Commit() + 1; s <= slot; s++ {
		req, err := nopaxos.ParseRequest(p.Log.At(s))
		if err != nil {
			continue // NO-OP
		}
		p.req = req
		p.index.Remove(vr.IDOf(&p.req))
		if tell {
			if status, result, ok := p.Table.Answer(s, &p.req); ok {
				p.reply(s, true, &p.req, status, result)
			}
		}
	}
	p.CommitTo(slot)
	p.lateAt = monotime.Never
	if p.Log.End() > slot && !p.Leads() {
		p.lateAt = p.Now + lateAfter*p.Cfg.SyncInterval
	}
}
