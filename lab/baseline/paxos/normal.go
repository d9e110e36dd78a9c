package paxos

import (
	"time"

	"github.com/netordered/nopaxos/lab/baseline/vr"
	"github.com/netordered/nopaxos/lab/baseline/wire"
	"github.com/netordered/nopaxos/monotime"
	nopaxos "github.com/netordered/nopaxos/replica/wire"
)

// protocol is normal operation.
type protocol struct {
	*vr.Replica
	batch int

	// At the leader.
	index    vr.Index // of logged requests that are not executed
	sent     uint64   // slots at or below were sent in a PREPARE
	waiting  int      // upper bound on the bytes of the entries behind sent
	acked    []uint64 // by replica: acknowledged up to here
	resendAt time.Duration
	delay    time.Duration // current timeout

	// Reused messages.
	prepare   wire.Prepare
	prepareOK wire.PrepareOK
}

var _ vr.Protocol = (*protocol)(nil)

// Request puts a request into a slot, at the leader.
func (p *protocol) Request(req *nopaxos.Request, body []byte, _ nopaxos.Digest) {
	id := vr.IDOf(req)
	switch {
	case !p.Leads() || p.index.Slot(id) != 0:
		return
	case p.Table.Settled(req):
		p.Answer(p.Commit(), req)
		return
	case p.Full():
		p.Stats.Full++
		p.Reply(p.Log.End(), req, nopaxos.StatusFull, nil)
		return
	}
	if n := len(body) + wire.EntryOverhead; p.waiting > 0 && wire.PrepareOverhead+p.waiting+n > p.Cfg.MTU {
		p.sendWaiting()
	}
	slot := p.Log.Append(body)
	p.index.Put(id, slot)
	if p.Cfg.N == 1 {
		p.CommitTo(slot)
		return
	}
	p.waiting += len(body) + wire.EntryOverhead
	if slot-p.sent >= uint64(p.batch) {
		p.sendWaiting()
	}
}

// Batch sends waiting entries unless an earlier PREPARE is unacknowledged.
func (p *protocol) Batch() {
	if p.waiting > 0 && p.Commit() == p.sent {
		p.sendWaiting()
	}
}

// sendWaiting sends the entries that were not sent yet.
func (p *protocol) sendWaiting() {
	end := p.Log.End()
	p.prepare = wire.Prepare{First: p.sent + 1, Commit: p.Commit(), Entries: p.Entries(p.sent, end, p.Cfg.MTU)}
	p.SendAll(&p.prepare)
	p.sent, p.waiting = end, 0
	if p.resendAt == monotime.Never {
		p.startTimer()
	}
}

// Message handles PREPARE and PREPARE-OK.
func (p *protocol) Message(from int, m wire.Message) {
	switch m := m.(type) {
	case *wire.Prepare:
		p.onPrepare(from, m)
	case *wire.PrepareOK:
		p.onPrepareOK(from, m)
	}
}

func (p *protocol) onPrepare(from int, m *wire.Prepare) {
	if from != p.Leader() {
		return
	}
	for i, e := range m.Entries {
		p.Log.Insert(m.First+uint64(i), e)
	}
	p.Learn(m.Commit)
	if _, hi, ok := p.Log.Missing(); ok {
		p.NeedState(hi)
	}
	if p.Log.End() >= m.First {
		p.acknowledge()
	}
}

func (p *protocol) acknowledge() {
	p.prepareOK = wire.PrepareOK{Slot: p.Log.End()}
	p.Send(p.Leader(), &p.prepareOK)
}

// onPrepareOK commits entries that f others have acknowledged.
func (p *protocol) onPrepareOK(from int, m *wire.PrepareOK) {
	if !p.Leads() || m.Slot <= p.acked[from] || m.Slot > p.Log.End() {
		return
	}
	p.acked[from] = m.Slot
	slot := p.quorum()
	if slot <= p.Commit() {
		return
	}
	p.CommitTo(slot)
	if p.sent < slot {
		// State transfer has sent waiting entries.
		p.sent = slot
		if slot == p.Log.End() {
			p.waiting = 0
		}
	}
	p.startTimer()
}

// quorum is the highest slot that f other replicas have acknowledged.
func (p *protocol) quorum() uint64 {
	var top [nopaxos.MaxGroup]uint64 // the f highest, in descending order
	n := 0
	for i, slot := range p.acked {
		if i == p.Cfg.Self {
			continue
		}
		j := n
		if n == p.F {
			if j--; slot <= top[j] {
				continue
			}
		} else {
			n++
		}
		for ; j > 0 && top[j-1] < slot; j-- {
			top[j] = top[j-1]
		}
		top[j] = slot
	}
	return top[p.F-1]
}

// Executed answers a request at the leader.
func (p *protocol) Executed(slot uint64, req *nopaxos.Request) {
	if p.Leads() {
		p.index.Remove(vr.IDOf(req))
		p.Answer(slot, req)
	}
}

// Grown acknowledges the entries of a state transfer.
func (p *protocol) Grown() {
	if !p.Leads() {
		p.acknowledge()
	}
}

// Entered starts the view with the uncommitted entries of its log.
func (p *protocol) Entered() {
	p.index.Clear()
	clear(p.acked)
	p.sent, p.waiting, p.resendAt = p.Log.End(), 0, monotime.Never
	if !p.Leads() {
		p.acknowledge()
		return
	}
	for slot := p.Commit() + 1; slot <= p.Log.End(); slot++ {
		if req, err := nopaxos.ParseRequest(p.Log.At(slot)); err == nil {
			p.index.Put(vr.IDOf(&req), slot)
		}
	}
	if p.Cfg.N == 1 {
		p.CommitTo(p.Log.End())
		return
	}
	p.startTimer()
}

// startTimer starts the timer for acknowledgements.
func (p *protocol) startTimer() {
	p.delay = p.Cfg.Retransmit
	p.resendAt = monotime.Never
	if p.Commit() < p.sent {
		p.resendAt = p.Now + p.delay
	}
}

// Tick resends entries that were not acknowledged in time.
func (p *protocol) Tick() {
	if p.Now < p.resendAt || !p.Leads() {
		return
	}
	p.delay = min(2*p.delay, 32*p.Cfg.Retransmit)
	p.resendAt = p.Now + p.delay
	for i, acked := range p.acked {
		if i != p.Cfg.Self && acked < p.sent {
			p.resend(i, max(acked, p.Commit()))
		}
	}
}

// maxResend bounds the PREPAREs resent to one replica at a time.
const maxResend = 16

func (p *protocol) resend(to int, after uint64) {
	for n := 0; n < maxResend && after < p.sent; n++ {
		entries := p.Entries(after, p.sent, p.Cfg.MTU-wire.PrepareOverhead)
		p.prepare = wire.Prepare{First: after + 1, Commit: p.Commit(), Entries: entries}
		p.Send(to, &p.prepare)
		after += uint64(len(entries))
	}
}

// Deadline returns the time of the next Tick.
func (p *protocol) Deadline() time.Duration { return p.resendAt }
