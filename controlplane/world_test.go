package controlplane

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/netordered/nopaxos/controlplane/fabric"
	"github.com/netordered/nopaxos/controlplane/failover"
	"github.com/netordered/nopaxos/controlplane/tables"
)

// reporter is the common part of *testing.T and *rapid.T.
type reporter interface {
	Helper()
	Errorf(format string, args ...any)
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// world is the environment of a Core: the store, the sequencers, the connections, and the messages between them. The
// test decides when each takes effect. The world outlives the core: crash puts a new one in its place.
type world struct {
	t       reporter
	cfg     failover.Config
	now     time.Duration
	core    *failover.Core
	topo    *fabric.Topology  // nil: there are no switches
	groups  []fabric.Group    // with a topology
	fabric  *fabric.Fabric    // with a topology: of the core
	plan    *tables.Plan      // with a topology
	cut     map[int]bool      // with a topology: links that lose every packet
	seenCut []bool            // with a topology: by link, whether the fabric considers it cut
	cuts    int               // times that the fabric found a link cut or whole again
	faulty  *rand.Rand        // with a topology: switches fail now and then; nil: never
	order   *rand.Rand        // with a topology: of the changes in one request
	durable map[uint32]uint32 // the store: group → newest session number
	targets []*worldTarget
	pending []pending // effects under way, oldest first

	published map[uint32]publication
	newest    map[uint32]uint32 // newest number sent to a target, ever
	installed map[[2]uint32]int // (group, session) → times that a target took it
	served    map[[2]uint32]int // (group, session) → target it was published for
	broken    error
}

type publication struct {
	target  int
	session uint32
}

// worldTarget is a sequencer process and the controller's connection to it.
type worldTarget struct {
	up       bool
	pipeline bool
	entries  map[uint32]failover.SequenceEntry
	tables   *tables.State // with a topology
	stream   bool          // the core knows a connection, and no loss of it
	conn     int           // number of the connection, across controllers
	locked   bool          // the controller cannot connect (the network is cut)
}

// pending is an effect on its way. done tells that it happened and only its answer is missing.
type pending struct {
	failover.Effect
	conn    int
	old     bool // of a controller that crashed: it may still happen, but is not answered
	done    bool
	ok      bool
	session uint32 // of the answer to an allocation
	entries []failover.SequenceEntry
	ours    bool
}

const (
	groupA = 0x0A000001
	groupB = 0x0A000002
)

func newWorld(t reporter, targets int, groups ...uint32) *world {
	w := &world{
		t: t, durable: map[uint32]uint32{}, published: map[uint32]publication{}, newest: map[uint32]uint32{},
		installed: map[[2]uint32]int{}, served: map[[2]uint32]int{},
	}
	w.cfg.Targets = targets
	for _, g := range groups {
		w.cfg.Groups = append(w.cfg.Groups, failover.Group{Number: g, F: 1, Replicas: 3})
	}
	for range targets {
		w.targets = append(w.targets, &worldTarget{up: true, entries: map[uint32]failover.SequenceEntry{}})
	}
	w.boot()
	return w
}

// boot starts a controller on the store.
func (w *world) boot() {
	cfg := w.cfg
	cfg.Groups = nil
	for _, g := range w.cfg.Groups {
		g.Last = w.durable[g.Number]
		cfg.Groups = append(cfg.Groups, g)
	}
	if w.topo != nil {
		w.fabric = fabric.New(w.topo, w.groups)
		cfg.Fabric = w.fabric
		w.seenCut = slices.Clone(w.fabric.Cut())
	}
	core, err := failover.New(cfg)
	if err != nil {
		w.t.Fatal(err)
	}
	w.core = core
	w.core.Start(w.now)
	w.collect()
}

// crash kills the controller at this point and starts it again. Its requests to targets may still arrive, until the new
// controller's connection fences them off; its requests to the store have happened or never will, since the file's lock
// ended with the process.
func (w *world) crash() {
	kept := w.pending[:0]
	for _, p := range w.pending {
		if p.old = true; p.Kind != failover.EffectAllocate {
			kept = append(kept, p)
		}
	}
	w.pending = kept
	for _, tg := range w.targets {
		tg.stream = false
	}
	w.boot()
}

// collect takes over the effects and checks every property that can be checked at once.
func (w *world) collect() {
	if err := w.core.Err(); err != nil {
		w.violated("%v", err)
	}
	for _, e := range w.core.Effects() {
		switch e.Kind {
		case failover.EffectPublish:
			w.publish(e)
			continue
		case failover.EffectInstall:
			if e.Session <= w.newest[e.Group] {
				w.violated("session %d of group %#x is sent after %d", e.Session, e.Group, w.newest[e.Group])
			}
			if e.Session > w.durable[e.Group] {
				w.violated("session %d of group %#x is sent before it is durable", e.Session, e.Group)
			}
			w.newest[e.Group] = e.Session
		}
		p := pending{Effect: e}
		if e.Kind != failover.EffectAllocate {
			p.conn = w.targets[e.Target].conn
		}
		w.pending = append(w.pending, p)
	}
	w.core.ClearEffects()
	for i, cut := range w.seenCut {
		if now := w.fabric.Cut()[i]; now != cut {
			w.seenCut[i] = now
			w.cuts++
		}
	}
}

func (w *world) publish(e failover.Effect) {
	if old := w.published[e.Group]; e.Session < old.session {
		w.violated("group %#x goes back from session %d to %d", e.Group, old.session, e.Session)
	}
	key := [2]uint32{e.Group, e.Session}
	if t, known := w.served[key]; known && t != e.Target {
		w.violated("session %d of group %#x moves from target %d to %d", e.Session, e.Group, t, e.Target)
	}
	if w.installed[key] != 1 {
		w.violated("session %d of group %#x is published, and was installed %d times", e.Session, e.Group, w.installed[key])
	}
	w.served[key] = e.Target
	w.published[e.Group] = publication{target: e.Target, session: e.Session}
}

func (w *world) violated(format string, args ...any) {
	if w.broken == nil {
		w.broken = fmt.Errorf(format, args...)
		w.t.Errorf("%v", w.broken)
	}
}

// connect opens the stream to a target that is up; else the attempt is refused.
func (w *world) connect(t int) {
	tg := w.targets[t]
	switch {
	case tg.stream || tg.locked:
	case !tg.up:
		w.core.Lost(w.now, t, true)
	default:
		w.fence(t)
		tg.stream = true
		tg.conn++
		w.core.Connected(w.now, t)
	}
	w.collect()
}

// fence drops the requests of earlier connections to target t: the new one has a higher election id. Their answers
// still arrive, late.
func (w *world) fence(t int) {
	kept := w.pending[:0]
	for _, p := range w.pending {
		if p.Kind != failover.EffectAllocate && p.Target == t {
			if p.old {
				continue
			}
			if !p.done {
				p.done, p.ok = true, false
			}
		}
		kept = append(kept, p)
	}
	w.pending = kept
}

// lose breaks the stream to a target.
func (w *world) lose(t int, refused bool) {
	w.targets[t].stream = false
	w.core.Lost(w.now, t, refused)
	w.collect()
}

// kill ends the target's process; restart begins another one, which remembers nothing.
func (w *world) kill(t int) {
	tg := w.targets[t]
	*tg = worldTarget{entries: map[uint32]failover.SequenceEntry{}, tables: tables.New(), conn: tg.conn, stream: tg.stream, locked: tg.locked}
	w.fence(t)
	if tg.stream {
		w.lose(t, false)
	}
}

func (w *world) restart(t int) { w.targets[t].up = true }

// happen lets pending effect i take effect, unless it was lost.
func (w *world) happen(i int) {
	p := &w.pending[i]
	if p.done {
		return
	}
	p.done, p.ok = true, true
	if p.Kind == failover.EffectAllocate {
		w.durable[p.Group] = max(w.durable[p.Group], p.Floor) + 1
		p.session = w.durable[p.Group]
		return
	}
	tg := w.targets[p.Target]
	switch p.Kind {
	case failover.EffectReadPipeline:
		p.ours = tg.pipeline
	case failover.EffectPushPipeline:
		tg.pipeline = true
		tg.entries, tg.tables = map[uint32]failover.SequenceEntry{}, tables.New()
	case failover.EffectReadEntries:
		for _, g := range w.cfg.Groups {
			if e, there := tg.entries[g.Number]; there {
				p.entries = append(p.entries, e)
			}
		}
	case failover.EffectPrepare:
		p.ok = tg.pipeline && w.prepare(tg, p.Forwarding)
	case failover.EffectInstall:
		_, there := tg.entries[p.Group]
		p.ok = tg.pipeline && (there == p.Replace || w.plan != nil) // there the connection knows whether to replace
		w.mirrorInstall(tg, p.Effect)
		if p.ok {
			tg.entries[p.Group] = failover.SequenceEntry{Group: p.Group, Session: p.Session, Intact: true}
			key := [2]uint32{p.Group, p.Session}
			if w.installed[key]++; w.installed[key] > 1 {
				w.violated("session %d of group %#x is installed twice", p.Session, p.Group)
			}
		}
	case failover.EffectRemove:
		delete(tg.entries, p.Group)
		w.mirrorRemove(tg, p.Effect)
	case failover.EffectProbe:
		w.passProbe(p)
	case failover.EffectReset, failover.EffectAllocate, failover.EffectPublish:
	}
}

// answer reports the outcome of pending effect i to the core, and forgets it.
func (w *world) answer(i int) {
	p := w.pending[i]
	w.pending = append(w.pending[:i], w.pending[i+1:]...)
	switch {
	case p.old:
		return
	case p.Kind == failover.EffectAllocate:
		if p.ok {
			w.core.Allocated(w.now, p.Group, p.session)
		} else {
			w.core.AllocateFailed(w.now, p.Group)
		}
		w.collect()
		return
	case p.Kind == failover.EffectReset:
		if tg := w.targets[p.Target]; tg.stream && tg.conn == p.conn {
			w.lose(p.Target, false)
		}
		return
	}
	switch {
	case p.Kind == failover.EffectInstall && p.ok:
		w.core.Installed(w.now, p.Target, p.Conn, p.Group, p.Session)
	case p.Kind == failover.EffectInstall:
		w.core.InstallFailed(w.now, p.Target, p.Conn, p.Group, p.Session)
	case p.Kind == failover.EffectRemove:
		w.core.Removed(w.now, p.Target, p.Conn, p.Group)
	case p.Kind == failover.EffectPrepare:
		w.core.Prepared(w.now, p.Target, p.Conn, p.ok)
	case p.Kind == failover.EffectProbe:
	case !p.ok:
		w.core.Failed(w.now, p.Target, p.Conn)
	case p.Kind == failover.EffectReadPipeline:
		w.core.PipelineRead(w.now, p.Target, p.Conn, p.ours)
	case p.Kind == failover.EffectPushPipeline:
		w.core.PipelinePushed(w.now, p.Target, p.Conn)
	case p.Kind == failover.EffectReadEntries:
		w.core.EntriesRead(w.now, p.Target, p.Conn, p.Op, p.entries)
	}
	w.collect()
}

// settle lets all pending effects happen, without time passing.
func (w *world) settle() {
	for n := 0; len(w.pending) > 0; n++ {
		if n > 10000 {
			w.t.Fatalf("the core does not come to rest: %v", w.pending[0].Effect)
		}
		w.happen(0)
		w.answer(0)
	}
}

// until lets everything happen up to the first pending effect of this kind, which it returns.
func (w *world) until(kind failover.EffectKind) int {
	for len(w.pending) > 0 {
		if w.pending[0].Kind == kind {
			return 0
		}
		w.happen(0)
		w.answer(0)
	}
	w.t.Fatalf("effect %v does not occur", kind)
	return -1
}

// tick moves the time on.
func (w *world) tick(d time.Duration) {
	w.now += d
	w.core.Tick(w.now)
	w.collect()
}

// up connects every target and lets everything happen.
func (w *world) up() {
	for t := range w.targets {
		w.connect(t)
	}
	w.settle()
}

// report lets replicas report a session of groupA.
func (w *world) report(session uint32, replicas ...int) {
	for _, r := range replicas {
		w.core.Report(w.now, groupA, session, r)
		w.collect()
	}
	w.settle()
}

// wantRoute checks the published route of groupA.
func (w *world) wantRoute(target int, session uint32) {
	w.t.Helper()
	if got, want := w.published[groupA], (publication{target, session}); got != want {
		w.t.Fatalf("group A is published as %+v, want %+v", got, want)
	}
}
