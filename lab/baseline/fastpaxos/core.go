package fastpaxos

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
	quorum int // fast

	index  vr.Index // of uncommitted requests, see align
	dups   int      // uncommitted slots whose request belongs to another slot
	parked []parked

	// At the leader.
	ballots   []ballot         // by slot
	values    []nopaxos.Digest // votes, by slot and replica
	lastVote  []uint64         // by replica: the highest slot with its vote
	high      uint64           // highest slot with a vote
	headAt    time.Duration    // time-out of the first uncommitted slot
	delay     time.Duration    // of headAt
	wanted    wanted
	announced uint64        // slots at or below were DECIDED
	decideAt  time.Duration // time of the next DECIDED

	// Reused messages.
	accepted wire.Accepted
	resolved wire.Resolved
	decided  wire.Decided
	scratch  []byte
}

var _ vr.Protocol = (*protocol)(nil)

// New returns a replica of an empty state machine.
func New(cfg vr.Config, sm replica.StateMachine) (*vr.Replica, error) {
	p := &protocol{quorum: vr.Superquorum(cfg.N), index: vr.NewIndex(), headAt: monotime.Never, decideAt: monotime.Never}
	r, err := vr.New(cfg, sm, p, vr.Traits{Unordered: true})
	if err != nil {
		return nil, err
	}
	p.Replica = r
	p.ballots = make([]ballot, window)
	p.values = make([]nopaxos.Digest, window*cfg.N)
	p.lastVote = make([]uint64, cfg.N)
	return r, nil
}

// Message handles the messages of normal operation.
func (p *protocol) Message(from int, m wire.Message) {
	switch m := m.(type) {
	case *wire.Accepted:
		p.onAccepted(from, m)
	case *wire.Resolve:
		p.onResolve(from, m)
	case *wire.Resolved:
		p.onResolved(from, m)
	case *wire.AskVotes:
		p.onAskVotes(from, m)
	case *wire.AskValue:
		p.onAskValue(from, m)
	case *wire.Value:
		p.onValue(m)
	case *wire.Decided:
		p.onDecided(from, m)
	}
}

// Entered starts the view.
func (p *protocol) Entered() {
	p.parked = p.parked[:0]
	p.headAt, p.decideAt, p.wanted = monotime.Never, monotime.Never, wanted{}
	p.reindex()
	if p.Leads() {
		p.lead()
	} else {
		for slot := p.Commit() + 1; slot <= p.Log.End(); slot++ {
			p.repeatVote(slot)
		}
	}
	p.Grown()
}

// lead starts the view at its leader, which orders the entries of its log in classic rounds. (A follower that joins
// later may find the leader's votes among them; it votes the same.)
func (p *protocol) lead() {
	clear(p.ballots)
	clear(p.lastVote)
	p.high, p.announced = p.Log.End(), p.Commit()
	for slot := p.Commit() + 1; slot <= p.Log.End(); slot++ {
		p.Log.SetMark(slot, classic)
		p.ballot(slot).resolving = true
	}
	p.commitChosen()
	p.watchHead()
}

// Executed answers a request at the leader.
func (p *protocol) Executed(slot uint64, req *nopaxos.Request) {
	if id := vr.IDOf(req); p.index.Slot(id) == slot {
		p.index.Remove(id)
	} else {
		p.dups--
	}
	if p.Leads() {
		p.Answer(slot, req)
	}
}

// Grown adapts the log to the entries of a state transfer.
func (p *protocol) Grown() {
	for _, body := range p.TakeDisplaced() {
		p.parkEntry(body)
	}
	p.reindex()
	p.align()
}

// Batch does nothing: votes are sent at once.
func (p *protocol) Batch() {}

// Tick handles the leader's timers.
func (p *protocol) Tick() {
	if !p.Leads() {
		return
	}
	if p.Now >= p.headAt {
		p.headLate()
	}
	if p.Now >= p.decideAt {
		p.decide()
	}
}

// Deadline returns the time of the next Tick.
func (p *protocol) Deadline() time.Duration { return min(p.headAt, p.decideAt) }
