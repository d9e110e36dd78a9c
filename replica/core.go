package replica

import (
	"bytes"
	"fmt"
	"time"

	"github.com/netordered/nopaxos/monotime"
	"github.com/netordered/nopaxos/oumlib"
	"github.com/netordered/nopaxos/replica/clients"
	"github.com/netordered/nopaxos/replica/wire"
)

// phase is the status of protocol descriptions; Status is taken by what operators see.
type phase uint8

const (
	phaseNormal phase = iota
	phaseViewChange
	phaseRecovering
)

func (p phase) String() string {
	return [...]string{"normal", "view-change", "recovering"}[p]
}

// Core is one replica's protocol state machine. It is not safe for concurrent use.
type Core struct {
	cfg  Config
	f    int
	sm   StateMachine
	undo Undoer // sm, if it can take operations back; else nil
	err  error
	now  time.Duration
	// promised is what Deadline returned last: an input that comes after it says how long this
	// process was kept from running.
	promised time.Duration

	decoder wire.Decoder
	effects []Effect
	buf     []byte // what the effects' data lies in
	out     outbox

	rec   Record // as persisted
	phase phase

	rx       *oumlib.Receiver
	log      log
	base     uint64 // the slot before message 1 of the session
	sp       uint64 // stable prefix
	executed uint64 // operations at or below are in the state machine
	table    clients.Table
	logTime  uint64        // logical time at the end of the log
	timeAt   time.Duration // when the log reached logTime
	result   []byte        // scratch

	snap         *snapshot // newest one at or below sp
	prevSnap     *snapshot // the one before, while somebody fetches it
	nextSnap     *snapshot // being written, or ahead of sp
	snapshotting bool      // an EffectSnapshot is under way

	known     []uint64        // newest incarnation of each replica
	heard     []time.Duration // when each replica was last heard
	answered  []time.Duration // when each was last told of our higher view
	recovered []uint64        // incarnation of each for which a view change was started
	settled   []uint64        // incarnation of each that was heard to take part in a view
	backoff   int             // views gone to since the last one that worked, see viewWorks
	enteredAt time.Duration   // the view

	aside *assembled // what was fetched for a view that was not entered; nil in status normal

	// What follows is per-view state, thrown away when the view is left.
	window window
	high   uint64 // highest slot known to exist
	gap    gapState
	sync   syncState
	health health
	change viewChange
	begin  startView
	asm    *assembly
	repair *repair
	fetch  *fetch

	word         uint32 // highest session that was heard of while recovering
	recoverAt    time.Duration
	recoverDelay time.Duration

	counters Counters
}

// Bootstrap is the record that the explicit bootstrap of a new group persists at each replica.
func Bootstrap() Record { return Record{} }

// New makes a replica from its persisted record. The state machine must be empty: in memory mode a
// restarted replica gets its state from the others.
func New(cfg Config, rec Record, sm StateMachine) (*Core, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	c := &Core{
		cfg: cfg, f: cfg.N / 2, sm: sm, rec: rec,
		log:       newLog(cfg.Keys.Digest),
		table:     clients.New(cfg.MaxClients),
		window:    newWindow(cfg.Window),
		known:     make([]uint64, cfg.N),
		heard:     make([]time.Duration, cfg.N),
		answered:  make([]time.Duration, cfg.N),
		recovered: make([]uint64, cfg.N),
		settled:   make([]uint64, cfg.N),
		rx: oumlib.NewReceiver(oumlib.ReceiverConfig{
			Group: cfg.Group, TokenKey: cfg.Keys.Token, Grace: cfg.Grace,
			Buffer: int(cfg.Window), MaxPayload: cfg.MTU - oumlib.HeaderLen,
		}),
	}
	c.promised = monotime.Never
	c.undo, _ = sm.(Undoer)
	for i := range c.heard {
		c.heard[i], c.answered[i] = -time.Hour, -time.Hour
	}
	c.phase = phaseRecovering
	c.snap, err = c.emptySnapshot()
	return c, err
}

// Start begins to take part. It is called once, before any other input.
func (c *Core) Start(now time.Duration) {
	defer c.guard()
	c.now, c.timeAt = now, now
	first := c.rec.Incarnation == 0
	c.rec.Incarnation++
	c.known[c.cfg.Self] = c.rec.Incarnation
	c.persist()
	switch {
	case c.rec.View.Session != 0:
		c.startRecovery()
	case first:
		c.startFirst()
	default:
		c.restartEmpty()
	}
}

// Stamped takes an OUM datagram as the network delivered it.
func (c *Core) Stamped(now time.Duration, datagram []byte) {
	if c.err != nil {
		return
	}
	defer c.guard()
	c.arrive(now)
	if err := c.rx.Receive(now, datagram); err != nil {
		c.counters.StampedDiscarded++
	}
	c.drain()
}

// Message takes a sealed frame of another replica, from a datagram or from the bulk channel.
func (c *Core) Message(now time.Duration, frame []byte) {
	if c.err != nil {
		return
	}
	defer c.guard()
	c.arrive(now)
	kind, body, err := c.cfg.Keys.Open(frame)
	if err != nil {
		c.counters.refuse(err)
		return
	}
	m, err := c.decoder.Parse(kind, body)
	if err != nil {
		c.counters.refuse(err)
		return
	}
	c.handle(m)
}

// Session takes the controller's word that session is the group's current one.
func (c *Core) Session(now time.Duration, session uint32) {
	if c.err != nil {
		return
	}
	defer c.guard()
	c.arrive(now)
	c.newSession(session)
}

// SnapshotWritten takes the outcome of an EffectSnapshot. The core keeps data.
func (c *Core) SnapshotWritten(now time.Duration, slot uint64, data []byte, err error) {
	if c.err != nil {
		return
	}
	defer c.guard()
	c.arrive(now)
	c.snapshotWritten(slot, data, err)
}

// Tick does what is due.
func (c *Core) Tick(now time.Duration) {
	if c.err != nil {
		return
	}
	defer c.guard()
	c.arrive(now)
	c.rx.Tick(now)
	c.drain()
	switch c.phase {
	case phaseNormal:
		c.tickNormal()
	case phaseViewChange:
		c.tickViewChange()
	case phaseRecovering:
		c.tickRecovery()
	}
	c.tickFetch()
}

// Effects returns what the core wants done, in order. It is valid until ClearEffects.
func (c *Core) Effects() []Effect { return c.effects }

// keepBuffer is the largest effects buffer, in bytes, that is kept for the next batch.
const keepBuffer = 4 << 20

// ClearEffects says that the effects have been carried out.
func (c *Core) ClearEffects() {
	clear(c.effects)
	c.effects = c.effects[:0]
	if cap(c.buf) > keepBuffer {
		c.buf = nil
	}
	c.buf = c.buf[:0]
}

// Err is not nil once an invariant was found broken; the core then takes no more input.
func (c *Core) Err() error { return c.err }

// arrive takes the time of an input.
func (c *Core) arrive(now time.Duration) {
	c.now = now
	if late := now - c.promised; late > c.cfg.PingInterval {
		c.excuse(late)
	}
	c.promised = monotime.Never
}

// violation is a broken invariant on its way from assert to guard.
type violation struct{ err error }

// guard ends an input in which an invariant was found broken, and refuses every later one.
func (c *Core) guard() {
	switch v := recover().(type) {
	case nil:
	case violation:
		// What the input wanted rests on a state that contradicts itself.
		c.err = v.err
		c.ClearEffects()
	default:
		panic(v)
	}
}

// assert stops the replica when an invariant of the protocol does not hold. Where a request passes,
// the condition is written out instead: its arguments would be allocated.
func (c *Core) assert(holds bool, format string, args ...any) {
	if !holds {
		c.fail(format, args...)
	}
}

func (c *Core) fail(format string, args ...any) {
	panic(violation{fmt.Errorf("replica %d in view %v, %v: "+format,
		append([]any{c.cfg.Self, c.rec.View, c.phase}, args...)...)})
}

// Deadline is when Tick wants to be called next. It is never far, so that the core notices when
// its own process was kept from running.
func (c *Core) Deadline() time.Duration {
	if c.err != nil {
		return monotime.Never
	}
	d := c.deadline()
	c.promised = max(d, c.now)
	return d
}

func (c *Core) deadline() time.Duration {
	d := min(c.rx.Deadline(), c.fetchDeadline(), c.now+c.cfg.PingInterval)
	switch c.phase {
	case phaseNormal:
		d = min(d, c.normalDeadline())
	case phaseViewChange:
		d = min(d, c.change.deadline, c.change.sendAt, c.change.pingAt)
	case phaseRecovering:
		d = min(d, c.recoverAt)
	}
	return d
}

// handle acts on a message of another replica.
func (c *Core) handle(m wire.Message) {
	h := m.Head()
	from := int(h.Replica)
	if from >= c.cfg.N || from == c.cfg.Self {
		c.counters.BadSender++
		return
	}
	if h.Incarnation < c.known[from] {
		c.counters.OldIncarnation++
		return
	}
	c.known[from] = h.Incarnation
	c.heard[from] = c.now
	if r, ok := m.(*wire.Recover); ok {
		c.onRecover(from, r)
		return
	}
	switch m.(type) {
	case *wire.Fetch, *wire.FetchSnapshot: // a recovering replica sends them too
	default:
		c.settled[from] = h.Incarnation
	}
	if c.phase == phaseRecovering {
		c.handleRecovering(from, m)
		return
	}
	if !c.reach(from, h.View) {
		return
	}
	switch m := m.(type) {
	case *wire.ViewChange:
		c.onViewChange(from, m)
	case *wire.StartView:
		c.onStartView(from, m)
	case *wire.Fetch:
		c.onFetch(from, m)
	case *wire.FetchSnapshot:
		c.onFetchSnapshot(from, m)
	case *wire.FetchLog:
		c.onFetchLog(from, m)
	case *wire.SnapshotChunk:
		c.onSnapshotChunk(from, m)
	case *wire.Ping:
		c.onPing(from, m)
	default:
		if c.phase == phaseNormal {
			c.handleNormal(from, m)
		}
	}
}

// handleNormal acts on what only a replica in status normal acts on.
func (c *Core) handleNormal(from int, m wire.Message) {
	switch m := m.(type) {
	case *wire.SlotLookup:
		c.onSlotLookup(from, m)
	case *wire.SlotEntries:
		c.onSlotEntries(from, m)
	case *wire.GapAsk:
		c.onGapAsk(from, m)
	case *wire.GapCommit:
		c.onGapCommit(from, m)
	case *wire.GapCommitRep:
		c.onGapCommitRep(from, m)
	case *wire.StartViewRep:
		c.onStartViewRep(from)
	case *wire.SyncPrepare:
		c.onSyncPrepare(from, m)
	case *wire.SyncRep:
		c.onSyncRep(from, m)
	case *wire.SyncCommit:
		c.onSyncCommit(from, m)
	}
}

// reach brings the replica to the join of its view and v, and reports whether v then is its view.
// Whoever is behind is told.
func (c *Core) reach(from int, v wire.View) bool {
	if v == c.rec.View {
		return true
	}
	if join := c.rec.View.Join(v); join != c.rec.View {
		c.goTo(join)
		return v == c.rec.View
	}
	if c.now-c.answered[from] >= c.cfg.Retransmit {
		c.answered[from] = c.now
		c.send(from, &wire.ViewChangeReq{})
	}
	return false
}

func (c *Core) leader() int    { return c.rec.View.LeaderOf(c.cfg.N) }
func (c *Core) isLeader() bool { return c.leader() == c.cfg.Self }

// leads reports whether this replica is the leader of a view that has started.
func (c *Core) leads() bool { return c.phase == phaseNormal && c.isLeader() }

// outbox is memory for the messages that are sent all the time.
type outbox struct {
	syncPrepare wire.SyncPrepare
	syncRep     wire.SyncRep
	syncCommit  wire.SyncCommit
	ping        wire.Ping
}

// persist wants the record durable before anything that follows.
func (c *Core) persist() {
	rec := c.rec
	c.effects = append(c.effects, Effect{Kind: EffectPersist, Record: &rec})
}

// frame appends a sealed frame to the buffer.
func (c *Core) frame(m wire.Message, view wire.View) []byte {
	*m.Head() = wire.Header{View: view, Replica: uint16(c.cfg.Self), Incarnation: c.rec.Incarnation}
	at := len(c.buf)
	c.buf = wire.Append(c.buf, m)
	c.buf = c.cfg.Keys.Replica.Seal(c.buf, at)
	return c.buf[at:len(c.buf):len(c.buf)]
}

// send sends a message of one's own view to a replica.
func (c *Core) send(to int, m wire.Message) { c.sendIn(c.rec.View, to, m) }

func (c *Core) sendIn(view wire.View, to int, m wire.Message) {
	c.effects = append(c.effects, Effect{Kind: EffectReplica, To: to, Data: c.frame(m, view)})
}

// sendAll sends a message of one's own view to every other replica.
func (c *Core) sendAll(m wire.Message) {
	if c.cfg.N > 1 {
		c.effects = append(c.effects, Effect{Kind: EffectReplicas, Data: c.frame(m, c.rec.View)})
	}
}

// emptySnapshot is what every replica starts with: rollback without Undo may lead back to it.
func (c *Core) emptySnapshot() (*snapshot, error) {
	s, w, err := c.takeSnapshot()
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if _, err := w.WriteTo(&b); err != nil {
		return nil, fmt.Errorf("replica: snapshot of the empty state machine: %w", err)
	}
	s.data, s.written = b.Bytes(), true
	return s, nil
}
