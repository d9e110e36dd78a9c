package sim

import (
	"fmt"
	"io"
	"time"

	"github.com/netordered/nopaxos/internal/dissect"
	"github.com/netordered/nopaxos/internal/eventqueue"
	"github.com/netordered/nopaxos/lab/sim/registers"
	"github.com/netordered/nopaxos/monotime"
	"github.com/netordered/nopaxos/replica"
	"github.com/netordered/nopaxos/replica/wire"
)

// Config configures a run.
type Config struct {
	Seed    uint64
	Profile Profile
	// Faults, if not nil, replaces the seed's plan, to shrink a failure.
	Faults []Fault
	// Trace, if not nil, receives one line per event: time, node, view, session, slot, description. Write errors are
	// ignored.
	Trace io.Writer
}

// Failure is a broken promise of safety or liveness.
type Failure struct {
	At   time.Duration // virtual time
	Node string        // that broke it
	What string
}

func (f Failure) String() string { return fmt.Sprintf("%v %s: %s", f.At, f.Node, f.What) }

// Result is the outcome of a run.
type Result struct {
	Config   Config
	Plan     []Fault
	Failures []Failure
	Events   uint64
	Virtual  time.Duration // duration in virtual time
	Hash     uint64        // of every event, in order: the same on every run and machine

	Completed int // operations that returned a result
	Unknown   int // operations that returned an unknown outcome
	Lost      int // operations whose client crashed
	Views     int // started
	Sessions  int // installed
	NoOps     int // slots committed as NO-OP
	Snapshots int // restored by replicas
	Crashes   int
}

// maxFailures is the number of failures after which a run ends.
const maxFailures = 5

// world is one run.
type world struct {
	cfg   Config
	s     *settings
	keys  wire.Keys
	queue eventqueue.Queue[event]
	now   time.Duration
	hash  uint64

	net        *network
	nodes      []*node
	sequencers []*sequencer
	controller *controller
	callers    []*caller
	history    registers.History
	overheard  []byte // the newest stamped datagram, for forge
	check      *checker

	text   dissect.Dissector
	result Result
	ended  bool
}

// run is Run without the handling of panics.
func run(cfg Config) Result {
	s := draw(cfg.Seed, cfg.Profile)
	return newWorld(cfg, &s).run()
}

func newWorld(cfg Config, s *settings) *world {
	return &world{cfg: cfg, s: s, result: Result{Config: cfg}}
}

func (w *world) run() Result {
	keys, err := wire.DeriveKeys([]byte("simulated cluster key"))
	if err != nil {
		w.fail(-1, "%v", err)
		return w.result
	}
	w.keys = keys
	w.text = dissect.Dissector{Keys: keys, Op: func(b []byte) string {
		o, err := registers.Decode(b)
		if err != nil {
			return err.Error()
		}
		return o.String()
	}}
	if w.cfg.Trace != nil {
		fmt.Fprint(w.cfg.Trace, traceHeader)
	}
	w.build()
	for !w.ended && w.queue.Len() > 0 {
		at, e := w.queue.Pop()
		w.now = at
		w.dispatch(&e)
	}
	w.finish()
	return w.result
}

func (w *world) build() {
	seed := w.cfg.Seed
	w.check = newChecker(w)
	w.net = newNetwork(w, seed)
	w.controller = newController(w, seed)
	for i := range w.s.sequencers {
		w.sequencers = append(w.sequencers, &sequencer{process: process{w: w, node: w.s.sequencerNode(i), up: true, due: monotime.Never}, id: i})
	}
	for i := range w.s.replicas {
		w.nodes = append(w.nodes, &node{
			process: process{w: w, node: i, due: monotime.Never}, id: i, rng: stream(seed, purposeNodes+uint64(i)<<8),
			record: replica.Bootstrap(), route: -1,
		})
	}
	for i := range w.s.clients {
		w.callers = append(w.callers, newCaller(w, i, seed))
	}
	w.result.Plan = w.cfg.Faults
	if w.result.Plan == nil {
		w.result.Plan = plan(seed, w.cfg.Profile, w.s)
	}
	for _, f := range w.result.Plan {
		w.push(event{at: f.At, kind: eventCall, call: func() { w.begin(f) }})
	}
	w.push(event{at: w.s.load, kind: eventCall, call: w.quiet})
	for _, n := range w.nodes {
		n.start()
	}
	w.controller.start()
	for _, c := range w.callers {
		c.start()
	}
}

// maxQueue bounds the pending events. A cluster that produces more than it consumes fails.
const maxQueue = 1 << 17

// dispatch handles one event.
func (w *world) dispatch(e *event) {
	w.result.Events++
	w.mix(e)
	if w.queue.Len() > maxQueue {
		w.fail(e.node, "%d events are under way, at most %d are expected", w.queue.Len(), maxQueue)
		w.ended = true
		return
	}
	if e.kind == eventCall {
		e.call()
		return
	}
	if p := w.process(e.node); p.stalled(w.now) {
		p.postpone(e)
		return
	}
	switch {
	case e.node < w.s.replicas:
		w.dispatchReplica(w.nodes[e.node], e)
	case e.node < w.s.controllerNode():
		w.sequencers[e.node-w.s.replicas].datagram(e.data)
	case e.node == w.s.controllerNode():
		w.controller.tick(e.at)
	default:
		w.dispatchClient(w.callers[e.node-w.s.clientNode(0)], e)
	}
}

func (w *world) dispatchClient(c *caller, e *event) {
	if !c.up {
		return
	}
	switch e.kind {
	case eventDatagram:
		w.trace(e.node, "gets from "+w.name(e.from), e.data)
		c.datagram(e.data)
	case eventTimer:
		c.tick(e.at)
	}
}

func (w *world) dispatchReplica(n *node, e *event) {
	if !n.up {
		return
	}
	switch e.kind {
	case eventDatagram:
		w.trace(e.node, "gets from "+w.name(e.from), e.data)
		n.datagram(e.data)
	case eventBulk:
		if int(e.arg) == n.life {
			w.trace(e.node, "gets in bulk from "+w.name(e.from), e.data)
			n.bulk(e.data)
		}
	case eventTimer:
		n.tick(e.at)
	}
}

// announced delivers the controller's announcement of the current session.
func (w *world) announced(id int, session uint32, target int) {
	if w.process(id).stalled(w.now) {
		return
	}
	if i := id - w.s.clientNode(0); i >= 0 {
		w.callers[i].reroute(session, target)
		return
	}
	if id < w.s.replicas && w.nodes[id].up {
		w.nodes[id].reroute(session, target)
	}
}

// quiet ends load and faults. From here on the cluster must make progress.
func (w *world) quiet() {
	w.note(-1, "load and faults end")
	w.net.calm = true
	for i := range w.net.drop {
		w.net.drop[i] = 0
	}
	for _, n := range w.nodes {
		n.pending = Fault{}
	}
	w.controller.pending = Fault{}
	w.wait()
}

const settlePoll = 5 * time.Millisecond

// wait polls until nothing is outstanding.
func (w *world) wait() {
	why := w.owed()
	if why == "" {
		w.ended = true
		return
	}
	if w.now > w.s.load+w.s.settle {
		w.fail(-1, "liveness: %v after the last fault, %s", w.s.settle, why)
		w.ended = true
		return
	}
	w.after(settlePoll, w.wait)
}

// owed returns what is outstanding, or "".
func (w *world) owed() string {
	if n := w.history.Count(registers.Pending); n > 0 {
		return fmt.Sprintf("%d operations are pending", n)
	}
	var view wire.View
	for _, n := range w.nodes {
		if n.gone {
			continue
		}
		if !n.up {
			return fmt.Sprintf("replica %d is down", n.id)
		}
		s := n.observe()
		if view == (wire.View{}) {
			view = s.view
		}
		switch {
		case !s.normal:
			return fmt.Sprintf("replica %d is not in status normal: %+v", n.id, s)
		case s.view != view:
			return fmt.Sprintf("replica %d is in view %v, another in %v", n.id, s.view, view)
		case s.sp < w.check.highest:
			return fmt.Sprintf("replica %d has sync point %d, slot %d is committed", n.id, s.sp, w.check.highest)
		}
	}
	return ""
}

// finish checks whole histories.
func (w *world) finish() {
	r := &w.result
	r.Virtual, r.Hash = w.now, w.hash
	r.Completed, r.Unknown, r.Lost = w.history.Count(registers.Done), w.history.Count(registers.Unknown), w.history.Count(registers.Lost)
	r.Views, r.Sessions, r.NoOps = len(w.check.started), w.check.sessions, w.check.noOps
	if len(r.Failures) > 0 {
		return
	}
	if err := w.history.Witness(w.check.stable); err != nil {
		w.fail(-1, "%v", err)
		return
	}
	if err := w.history.Linearizable(w.check.stable); err != nil {
		w.fail(-1, "%v", err)
	}
}

// fail records a broken promise.
func (w *world) fail(node int, format string, args ...any) {
	f := Failure{At: w.now, Node: w.name(node), What: fmt.Sprintf(format, args...)}
	w.note(node, "FAILURE: "+f.What)
	w.noteStatus()
	w.result.Failures = append(w.result.Failures, f)
	if len(w.result.Failures) >= maxFailures {
		w.ended = true
	}
}
