package replica

import (
	"fmt"
	"time"

	"github.com/netordered/nopaxos/monotime"
	"github.com/netordered/nopaxos/oumlib"
	"github.com/netordered/nopaxos/replica/clients"
	"github.com/netordered/nopaxos/replica/wire"
)

// Bootstrap returns the record that the bootstrap of a new group makes durable at each replica.
func Bootstrap() Record { return Record{} }

// New returns a replica that continues from its durable record. The state machine must be empty: a replica that
// restarts without its log fetches its state from the others.
func New(cfg Config, rec Record, sm StateMachine) (*Core, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	c := &Core{
		cfg: cfg, f: cfg.N / 2, sm: sm, durable: rec, wakeAt: monotime.Never, phase: phaseRecovering,
		logState: logState{log: newLog(cfg.Keys.Digest), table: clients.New(cfg.MaxClients)},
		peers:    make([]peer, cfg.N),
		view:     viewState{window: newWindow(cfg.Window)},
		rx: oumlib.NewReceiver(oumlib.ReceiverConfig{
			Group: cfg.Group, TokenKey: cfg.Keys.Token, Grace: cfg.Grace,
			Buffer: int(cfg.Window), MaxPayload: cfg.MTU - oumlib.HeaderLen,
		}),
	}
	c.undo, _ = sm.(Undoer)
	for i := range c.peers {
		c.peers[i].heardAt, c.peers[i].toldAt = longAgo, longAgo
	}
	c.snapshots.stable, err = c.takeSnapshot()
	return c, err
}

// longAgo stands for an event that has not happened yet.
const longAgo = -time.Hour

// Start starts the replica. It must be called once, before any other input.
func (c *Core) Start(now time.Duration) {
	defer c.guard()
	c.now, c.clock.at = now, now
	first := c.durable.Incarnation == 0
	c.durable.Incarnation++
	c.peers[c.cfg.Self].incarnation = c.durable.Incarnation
	c.persist()
	switch {
	case c.durable.View.Session != 0:
		c.startRecovery()
	case first:
		c.startFirst()
	default:
		c.restartEmpty()
	}
}

// Stamped handles an OUM datagram.
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

// Message handles a sealed frame from another replica, received as a datagram or over the bulk channel.
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

// Session handles the controller's notification that session is the group's current one.
func (c *Core) Session(now time.Duration, session uint32) {
	if c.err != nil {
		return
	}
	defer c.guard()
	c.arrive(now)
	c.newSession(session)
}

// Finished takes the result of an EffectWork whose Run has returned.
func (c *Core) Finished(now time.Duration, w *Work) {
	if c.err != nil {
		return
	}
	defer c.guard()
	c.arrive(now)
	w.done()
}

// Tick runs the timers that have expired.
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
	c.expireOutgoing()
}

// Effects returns the pending effects, to be carried out in order. The slice is valid until ClearEffects.
func (c *Core) Effects() []Effect { return c.effects }

// keepBuffer is the largest effects buffer, in bytes, that is reused.
const keepBuffer = 4 << 20

// ClearEffects removes the effects, which the caller has carried out.
func (c *Core) ClearEffects() {
	clear(c.effects)
	c.effects = c.effects[:0]
	if cap(c.buf) > keepBuffer {
		c.buf = nil
	}
	c.buf = c.buf[:0]
}

// Err returns the violated invariant, or nil. After a violation the core ignores all input.
func (c *Core) Err() error { return c.err }

// arrive notes the time of an input.
func (c *Core) arrive(now time.Duration) {
	c.now = now
	if late := now - c.wakeAt; late > c.cfg.PingInterval {
		c.extendTimers(late)
	}
	c.wakeAt = monotime.Never
}

// violation carries a broken invariant from fail to guard, by panic.
type violation struct{ err error }

// guard recovers from a violation: the input has no effects, and the core stops.
func (c *Core) guard() {
	switch v := recover().(type) {
	case nil:
	case violation:
		// The effects so far rest on a state that contradicts itself.
		c.err = v.err
		c.ClearEffects()
	default:
		panic(v)
	}
}

// assert stops the replica if an invariant of the protocol does not hold. On the path of a request the callers
// check the condition themselves and call fail, because arguments of assert would be allocated.
func (c *Core) assert(holds bool, format string, args ...any) {
	if !holds {
		c.fail(format, args...)
	}
}

func (c *Core) fail(format string, args ...any) {
	panic(violation{fmt.Errorf("replica %d in view %v, %v: "+format,
		append([]any{c.cfg.Self, c.durable.View, c.phase}, args...)...)})
}

// Deadline returns when Tick must be called next. It is at most PingInterval away, so that the core notices when
// its process was descheduled.
func (c *Core) Deadline() time.Duration {
	if c.err != nil {
		return monotime.Never
	}
	d := c.deadline()
	c.wakeAt = max(d, c.now)
	return d
}

func (c *Core) deadline() time.Duration {
	d := min(c.rx.Deadline(), c.fetchDeadline(), c.now+c.cfg.PingInterval)
	switch c.phase {
	case phaseNormal:
		d = min(d, c.normalDeadline())
	case phaseViewChange:
		d = min(d, c.view.change.deadline, c.view.change.sendAt, c.view.change.pingAt)
	case phaseRecovering:
		d = min(d, c.recovery.sendAt)
	}
	return d
}

// handle dispatches a message from another replica.
func (c *Core) handle(m wire.Message) {
	h := m.Head()
	from := int(h.Replica)
	if from >= c.cfg.N || from == c.cfg.Self {
		c.counters.BadSender++
		return
	}
	p := &c.peers[from]
	if h.Incarnation < p.incarnation {
		c.counters.OldIncarnation++
		return
	}
	p.incarnation, p.heardAt = h.Incarnation, c.now
	if r, ok := m.(*wire.Recover); ok {
		c.onRecover(from, r)
		return
	}
	switch m.(type) {
	case *wire.Fetch, *wire.FetchSnapshot: // a recovering replica sends them too
	default:
		p.active = h.Incarnation
	}
	if c.phase == phaseRecovering {
		c.handleRecovering(from, m)
		return
	}
	if !c.joinView(from, h.View) {
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

// handleNormal dispatches the messages that only a replica in status normal acts on.
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

// joinView moves the replica to the join of its view and v, and reports whether v is its view then. A sender in an
// older view is told so.
func (c *Core) joinView(from int, v wire.View) bool {
	if v == c.durable.View {
		return true
	}
	if join := c.durable.View.Join(v); join != c.durable.View {
		c.goTo(join)
		return v == c.durable.View
	}
	if p := &c.peers[from]; c.now-p.toldAt >= c.cfg.Retransmit {
		p.toldAt = c.now
		c.send(from, &wire.ViewChangeReq{})
	}
	return false
}

func (c *Core) leader() int    { return c.durable.View.LeaderOf(c.cfg.N) }
func (c *Core) isLeader() bool { return c.leader() == c.cfg.Self }

// leads reports whether this replica is in status normal and the leader of its view.
func (c *Core) leads() bool { return c.phase == phaseNormal && c.isLeader() }

// persist makes the record durable before any later effect.
func (c *Core) persist() {
	rec := c.durable
	c.effects = append(c.effects, Effect{Kind: EffectPersist, Record: &rec})
}

// startWork asks the caller to run the work. done follows on the core once it has run.
func (c *Core) startWork(run, done func()) {
	c.effects = append(c.effects, Effect{Kind: EffectWork, Work: &Work{run: run, done: done}})
}

// frame appends a sealed frame to the buffer.
func (c *Core) frame(m wire.Message, view wire.View) []byte {
	*m.Head() = wire.Header{View: view, Replica: uint16(c.cfg.Self), Incarnation: c.durable.Incarnation}
	at := len(c.buf)
	c.buf = wire.Append(c.buf, m)
	c.buf = c.cfg.Keys.Replica.Seal(c.buf, at)
	return c.buf[at:len(c.buf):len(c.buf)]
}

// send sends a message of the current view to a replica.
func (c *Core) send(to int, m wire.Message) { c.sendIn(c.durable.View, to, m) }

func (c *Core) sendIn(view wire.View, to int, m wire.Message) {
	c.effects = append(c.effects, Effect{Kind: EffectReplica, To: to, Data: c.frame(m, view)})
}

// sendAll sends a message of the current view to every other replica.
func (c *Core) sendAll(m wire.Message) {
	if c.cfg.N > 1 {
		c.effects = append(c.effects, Effect{Kind: EffectReplicas, Data: c.frame(m, c.durable.View)})
	}
}
