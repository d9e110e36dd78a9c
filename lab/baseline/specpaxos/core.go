package specpaxos

import (
	"time"

	"github.com/netordered/nopaxos/lab/baseline/vr"
	"github.com/netordered/nopaxos/lab/baseline/wire"
	"github.com/netordered/nopaxos/monotime"
	"github.com/netordered/nopaxos/replica"
	nopaxos "github.com/netordered/nopaxos/replica/wire"
)

// Config is what a replica is told at its start.
type Config struct {
	vr.Config
	SyncSlots    uint64        // a synchronization at least every so many slots; default 1000
	SyncInterval time.Duration // and so often; default 5 ms
}

// protocol is normal operation.
type protocol struct {
	*vr.Replica
	syncSlots    uint64
	syncInterval time.Duration

	index     vr.Index      // of the requests behind what is committed
	confirmed uint64        // the log up to here is accepted as the view's: no other one can be chosen
	accepted  []uint64      // at the leader, by replica: what each has confirmed
	sync      sync          // at the leader
	pending   wire.Sync     // at a follower: not answered yet; Slot is 0 if there is none
	lateAt    time.Duration // at a follower: when what it has should have been committed

	// Memory for what is sent all the time.
	message     wire.Sync
	syncReply   wire.SyncReply
	confirmOf   wire.Confirm
	confirmOK   wire.PrepareOK
	syncCommit  wire.SyncCommit
	speculation wire.Speculation
	req         nopaxos.Request
}

var _ vr.Protocol = (*protocol)(nil)

// New makes a replica of an empty state machine.
func New(cfg Config, sm replica.StateMachine) (*vr.Replica, error) {
	d := replica.DefaultConfig()
	p := &protocol{syncSlots: cfg.SyncSlots, syncInterval: cfg.SyncInterval, index: vr.NewIndex(), lateAt: monotime.Never}
	if p.syncSlots == 0 {
		p.syncSlots = d.SyncSlots
	}
	if p.syncInterval == 0 {
		p.syncInterval = d.SyncInterval
	}
	r, err := vr.New(cfg.Config, sm, p, vr.Traits{Chained: true, Unordered: true})
	if err != nil {
		return nil, err
	}
	p.Replica, p.accepted = r, make([]uint64, cfg.N)
	return r, nil
}

// confirmedMark is the mark of an entry up to which the log is accepted as the view's.
const confirmedMark = 1

// Message takes what replicas say in normal operation.
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

// Entered begins the view: what its log holds is executed and answered anew, since answers of two views
// make no superquorum.
func (p *protocol) Entered() {
	p.pending, p.lateAt = wire.Sync{}, monotime.Never
	p.sync = sync{sendAt: monotime.Never, nextAt: p.Now + p.syncInterval}
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

// confirm accepts the log up to a slot as the view's.
func (p *protocol) confirm(slot uint64) {
	for s := max(p.confirmed, p.Commit()) + 1; s <= slot; s++ {
		p.Log.SetMark(s, confirmedMark)
	}
	p.confirmed = max(p.confirmed, slot)
}

// Grown goes on with a log that has changed: with its entries, and then with the requests that have lost
// their slots or never had one.
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

// Executed has nothing to do: answers are given where entries are logged.
func (p *protocol) Executed(uint64, *nopaxos.Request) {}

// Batch has nothing to do: every answer goes out by itself.
func (p *protocol) Batch() {}
