package vr

import (
	"fmt"
	"time"

	"github.com/netordered/nopaxos/lab/baseline/node"
	"github.com/netordered/nopaxos/lab/baseline/wire"
	"github.com/netordered/nopaxos/monotime"
	"github.com/netordered/nopaxos/replica"
	"github.com/netordered/nopaxos/replica/clients"
	nopaxos "github.com/netordered/nopaxos/replica/wire"
)

// phase is the paper's status.
type phase uint8

const (
	phaseNormal phase = iota
	phaseViewChange
	phaseRecovering
)

func (p phase) String() string {
	return [...]string{"normal", "view-change", "recovering"}[p]
}

// Replica is a replica's state machine without the Protocol. It is not safe for concurrent use. The exported fields
// are for the Protocol.
type Replica struct {
	Cfg   Config
	F     int // failures that the group survives
	Log   Log
	Table clients.Table
	Out   node.Outbox
	Now   time.Duration
	Stats Stats

	protocol Protocol
	traits   Traits
	sm       replica.StateMachine
	undo     replica.Undoer // sm, if it can undo operations; else nil
	err      error
	promised time.Duration // latest result of Deadline
	decoder  wire.Decoder
	req      nopaxos.Request // being handled
	entries  [][]byte        // scratch

	phase      phase
	view       uint64
	lastNormal uint64 // last view in which the phase was normal
	commit     uint64
	executed   uint64   // at least commit, except while executing
	vector     []uint64 // newest known incarnation by replica
	formed     []uint64 // vector of the time when the view was formed
	displaced  [][]byte // see TakeDisplaced
	snapshots  snapshots

	heard      time.Duration // follower: latest message of the leader
	spoke      time.Duration // leader: latest message to all
	enteredAt  time.Duration
	answeredAt []time.Duration // by replica: latest answer about our view
	backoff    int             // views since the latest commit that did not start in time
	change     viewChange
	join       *join
	fetch      fetch
	recovery   recovery
}

var _ node.Core = (*Replica)(nil)

// Stats count events since the replica's start.
type Stats struct {
	Executed     uint64
	RolledBack   uint64 // slots
	ViewChanges  uint64
	ViewsEntered uint64
	Fetches      uint64 // GET-STATEs sent
	Snapshots    uint64
	Installed    uint64 // snapshots of others
	Collisions   uint64 // slots resolved by Fast Paxos's leader
	Full         uint64 // requests refused because the log was full
	Refused      uint64 // frames that fail authentication, do not parse, or name no other replica
	Stale        uint64 // messages of an earlier incarnation
}

// Traits are the properties of a Protocol that a Replica must know.
type Traits struct {
	Chained   bool // the log keeps digests
	Unordered bool // followers' uncommitted logs may differ from the leader's
}

// leaderKnows reports whether a follower that lacks entries may take the leader's before they are committed.
func (t Traits) leaderKnows() bool { return !t.Unordered || t.Chained }

// New returns a replica that runs protocol over an empty state machine.
func New(cfg Config, sm replica.StateMachine, protocol Protocol, traits Traits) (*Replica, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	r := &Replica{
		Cfg: cfg, F: cfg.N / 2, protocol: protocol, traits: traits, sm: sm,
		Log: newLog(traits.Chained, cfg.Keys.Digest), Table: clients.New(cfg.MaxClients),
		Out:      node.NewOutbox(cfg.Keys, cfg.MTU),
		promised: monotime.Never,
		vector:   make([]uint64, cfg.N), formed: make([]uint64, cfg.N), answeredAt: make([]time.Duration, cfg.N),
		fetch: fetch{at: monotime.Never},
	}
	for i := range r.answeredAt {
		r.answeredAt[i] = -time.Hour
	}
	r.undo, _ = sm.(replica.Undoer)
	r.vector[cfg.Self] = cfg.Incarnation
	r.snapshots.newest, err = r.emptySnapshot()
	return r, err
}

// Start makes the replica take part, in view 0 or by recovery.
func (r *Replica) Start(now time.Duration) {
	defer r.guard()
	r.Now = now
	if r.Cfg.Recover {
		r.startRecovery()
		return
	}
	r.enter()
}

// Request takes a client's sealed REQUEST. One that was executed before is answered again.
func (r *Replica) Request(now time.Duration, frame []byte) {
	if r.err != nil {
		return
	}
	defer r.guard()
	r.arrive(now)
	req, body, ok := node.OpenRequest(&r.Cfg.Keys, frame)
	switch {
	case !ok:
		r.Stats.Refused++
	case r.phase == phaseNormal:
		r.req = req
		r.protocol.Request(&r.req, body, node.Tag(frame))
	default:
		r.displace(body)
	}
}

// Message takes a sealed frame of another replica.
func (r *Replica) Message(now time.Duration, frame []byte) {
	if r.err != nil {
		return
	}
	defer r.guard()
	r.arrive(now)
	m, err := r.decoder.Open(r.Cfg.Keys.Replica, frame)
	if err != nil {
		r.Stats.Refused++
		return
	}
	h := m.Head()
	from := int(h.Replica)
	switch {
	case from >= r.Cfg.N || from == r.Cfg.Self:
		r.Stats.Refused++
	case h.Incarnation < r.vector[from]:
		r.Stats.Stale++
	default:
		r.vector[from] = h.Incarnation
		r.handle(from, m)
	}
}

// Batch ends a batch of inputs that arrived together.
func (r *Replica) Batch(now time.Duration) {
	if r.err != nil || r.phase != phaseNormal {
		return
	}
	defer r.guard()
	r.Now = now
	r.protocol.Batch()
}

// Tick handles expired timers.
func (r *Replica) Tick(now time.Duration) {
	if r.err != nil {
		return
	}
	defer r.guard()
	r.arrive(now)
	switch r.phase {
	case phaseNormal:
		r.tickNormal()
	case phaseViewChange:
		r.tickViewChange()
	case phaseRecovering:
		r.tickRecovery()
	}
	r.tickFetch()
}

// Effects returns the replica's effects in order. They are valid until ClearEffects.
func (r *Replica) Effects() []node.Effect { return r.Out.Effects() }

// ClearEffects removes the effects, which have been carried out.
func (r *Replica) ClearEffects() { r.Out.Clear() }

// Err is not nil once the replica has found a broken invariant. It then ignores further input.
func (r *Replica) Err() error { return r.err }

// violation carries a broken invariant from Fail to guard.
type violation struct{ err error }

// Fail stops the replica for good, because its state contradicts the protocol.
func (r *Replica) Fail(format string, args ...any) {
	panic(violation{fmt.Errorf("replica %d in view %d, %v: "+format,
		append([]any{r.Cfg.Self, r.view, r.phase}, args...)...)})
}

// guard ends an input that found a broken invariant.
func (r *Replica) guard() {
	switch v := recover().(type) {
	case nil:
	case violation:
		r.err = v.err
		r.Out.Clear()
	default:
		panic(v)
	}
}

// handle handles a message of another replica.
func (r *Replica) handle(from int, m wire.Message) {
	switch m := m.(type) {
	case *wire.GetState:
		r.onGetState(from, m)
		return
	case *wire.NewState:
		r.onNewState(from, m)
		return
	case *wire.RecoveryResponse:
		r.onRecoveryResponse(from, m)
		return
	}
	if r.phase == phaseRecovering {
		return
	}
	switch m := m.(type) {
	case *wire.Recovery:
		r.onRecovery(from, m)
	case *wire.StartViewChange:
		r.onStartViewChange(from, m)
	case *wire.DoViewChange:
		r.onDoViewChange(from, m)
	case *wire.StartView:
		r.onStartView(from, m)
	default:
		r.handleNormal(from, m)
	}
}

// handleNormal handles a message of normal operation.
func (r *Replica) handleNormal(from int, m wire.Message) {
	switch view := m.Head().View; {
	case view > r.view:
		r.followTo(view)
		return
	case view < r.view:
		r.tell(from)
		return
	case r.phase != phaseNormal:
		r.askForView()
		return
	}
	if from == r.Leader() {
		r.heard = r.Now
	}
	if m, ok := m.(*wire.Commit); ok {
		r.onCommit(m)
		return
	}
	r.protocol.Message(from, m)
}

// View returns the replica's view.
func (r *Replica) View() uint64 { return r.view }

// Commit returns the highest slot known to be committed.
func (r *Replica) Commit() uint64 { return r.commit }

// Leader returns the number of the view's leader.
func (r *Replica) Leader() int { return r.leaderOf(r.view) }

func (r *Replica) leaderOf(view uint64) int { return int(view % uint64(r.Cfg.N)) }

// Leads reports whether this replica leads a view that has started.
func (r *Replica) Leads() bool { return r.phase == phaseNormal && r.Leader() == r.Cfg.Self }

// Full reports whether the log is full. Requests are then refused until more is committed.
func (r *Replica) Full() bool { return r.Log.length() >= r.Cfg.MaxLog }

func (r *Replica) head(view uint64) wire.Header {
	return wire.Header{View: view, Replica: uint16(r.Cfg.Self), Incarnation: r.Cfg.Incarnation}
}

// Send sends a message of the view to a replica.
func (r *Replica) Send(to int, m wire.Message) {
	*m.Head() = r.head(r.view)
	r.Out.Send(to, m)
}

// SendAll sends a message of the view to every other replica.
func (r *Replica) SendAll(m wire.Message) {
	if r.Cfg.N > 1 {
		*m.Head() = r.head(r.view)
		r.Out.SendAll(m)
	}
	r.spoke = r.Now
}

// Recovering reports whether the replica was restarted and does not have its state yet.
func (r *Replica) Recovering() bool { return r.phase == phaseRecovering }

// Add adds other to s.
func (s *Stats) Add(other *Stats) {
	s.Executed += other.Executed
	s.RolledBack += other.RolledBack
	s.ViewChanges += other.ViewChanges
	s.ViewsEntered += other.ViewsEntered
	s.Fetches += other.Fetches
	s.Snapshots += other.Snapshots
	s.Installed += other.Installed
	s.Collisions += other.Collisions
	s.Full += other.Full
	s.Refused += other.Refused
	s.Stale += other.Stale
}
