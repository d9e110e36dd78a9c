package specpaxos

import (
	"time"

	"github.com/netordered/nopaxos/lab/baseline/vr"
	"github.com/netordered/nopaxos/lab/baseline/wire"
	"github.com/netordered/nopaxos/monotime"
	"github.com/netordered/nopaxos/replica"
	nopaxos "github.com/netordered/nopaxos/replica/wire"
)

// protocol is normal operation.
type protocol struct {
	*vr.Replica

	index     vr.Index      // of uncommitted requests
	confirmed uint64        // the log up to here is the view's: no other log can be chosen
	accepted  []uint64      // at the leader, by replica: confirmed up to here
	sync      sync          // at the leader
	pending   wire.Sync     // at a follower: unanswered; Slot is 0 if none
	lateAt    time.Duration // at a follower: deadline for the commit of its entries

	// Reused messages.
	message     wire.Sync
	syncReply   wire.SyncReply
	confirmOf   wire.Confirm
	confirmOK   wire.PrepareOK
	syncCommit  wire.SyncCommit
	speculation wire.Speculation
	req         nopaxos.Request
}

var _ vr.Protocol = (*protocol)(nil)

// New returns a replica of an empty state machine.
func New(cfg vr.Config, sm replica.StateMachine) (*vr.Replica, error) {
	p := &protocol{index: vr.NewIndex(), lateAt: monotime.Never}
	r, err := vr.New(cfg, sm, p, vr.Traits{Chained: true, Unordered: true})
	if err != nil {
		return nil, err
	}
	p.Replica, p.accepted = r, make([]uint64, cfg.N)
	return r, nil
}

// confirmedMark marks the entries of the log's confirmed prefix.
const confirmedMark = 1

// Message handles the messages of normal operation.
func (p *protocol) Message(from int, m wire.Message) {
	switch m := m.(type) {
	case *wire.Sync:
		p.onSync(from, m)
	case *wire.SyncReply:
		p.onSyncReply(from, m)
	case *wire.Confirm:
		p.onConfirm(from, m)
	case *wire.PrepareOK:
		p.onConfirmed(from, m)
	case *wire.SyncCommit:
		p.onSyncCommit(from, m)
	}
}

// Entered starts the view. The replica executes and answers the entries of its log again, because answers of two
// views do not form a superquorum.
func (p *protocol) Entered() {
	p.pending, p.lateAt = wire.Sync{}, monotime.Never
	p.sync = sync{sendAt: monotime.Never, nextAt: p.Now + p.Cfg.SyncInterval}
	p.confirmed = p.Commit()
	if p.Leads() {
		clear(p.accepted)
		p.confirm(p.Log.End())
	}
	for p.confirmed < p.Log.End() && p.Log.Mark(p.confirmed+1) == confirmedMark {
		p.confirmed++
	}
	if !p.Leads() {
		p.sendConfirmed()
	}
	p.Grown()
}

// confirm confirms the log up to a slot as the view's.
func (p *protocol) confirm(slot uint64) {
	for s := max(p.confirmed, p.Commit()) + 1; s <= slot; s++ {
		p.Log.SetMark(s, confirmedMark)
	}
	p.confirmed = max(p.confirmed, slot)
}

// Grown continues with a changed log: first with its entries, then with requests that lost their slots or never had
// one.
func (p *protocol) Grown() {
	p.confirmed = min(p.confirmed, p.Log.End())
	p.ExecuteTo(p.Log.End())
	p.index.Clear()
	for slot := p.Commit() + 1; slot <= p.Log.End(); slot++ {
		if req, err := nopaxos.ParseRequest(p.Log.At(slot)); err == nil {
			p.req = req
			p.index.Put(vr.IDOf(&p.req), slot)
			p.answer(slot, &p.req)
		}
	}
	for _, body := range p.TakeDisplaced() {
		if req, err := nopaxos.ParseRequest(body); err == nil && p.index.Slot(vr.IDOf(&req)) == 0 && !p.Table.Settled(&req) {
			p.req = req
			p.speculate(&p.req, body)
		}
	}
}

// Executed does nothing: requests are answered when they are logged.
func (p *protocol) Executed(uint64, *nopaxos.Request) {}

// Batch does nothing: answers are sent at once.
func (p *protocol) Batch() {}
