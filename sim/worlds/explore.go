package worlds

import (
	"context"
	"time"
)

// moveKind says what happens next in a world.
type moveKind uint8

const (
	moveDeliver moveKind = iota // a message of another replica arrives, or the controller's word, or time passes
	moveCrashAt                 // … and the replica crashes before the record that it makes is durable
	moveStamped                 // a stamped message arrives
	moveDrop                    // the next one will never arrive
	moveRestart                 // a replica crashes and starts again without its log
	moveInvoke                  // a client calls an operation, and the sequencer stamps it
	moveResend                  // the sequencer gets a client's request again
	moveSession                 // another sequencer takes over
)

// move is a step from one state to the next.
type move struct {
	kind  moveKind
	node  uint8  // replica or client
	extra uint8  // session of a stamped message; number of a cut
	arg   uint32 // input, or number
}

// Report is what came of an exploration.
type Report struct {
	Bounds      Bounds
	States      int
	Transitions uint64
	Depth       int    // moves on the longest of the shortest paths to a state
	Ends        int    // states in which nothing more can happen
	Locals      int    // states of single replicas
	Runs        uint64 // inputs given to replica cores
	Complete    bool   // every state was visited
	Took        time.Duration
	Violation   *Violation // nil if no promise was broken
}

// Violation is a broken promise, at the end of a shortest way there.
type Violation struct {
	What  string
	Acts  int      // inputs on the way there, and what else happens on it
	Trace []string // one act a line, and what it says under it
}

// Options say how far to explore.
type Options struct {
	MaxStates int                               // 0: without end
	Progress  func(depth, states, frontier int) // called now and then, if not nil
}

// explorer is an exploration: breadth first, so that a way to a broken promise is a shortest one.
type explorer struct {
	*world
	states []state
	came   []arrival
	report Report
	found  *finding
	// States that differ only in what one may have more of than another are kept as one list a core.
	cores   map[core]uint32 // the newest state of it, from 1
	older   []uint32        // by state: the one before of its core, from 1; 0: none
	covered []bool          // by state: another one covers it
}

// arrival is how a state was first reached.
type arrival struct {
	from uint32
	by   move
}

// finding is a move that breaks a promise.
type finding struct {
	from uint32
	by   *move // nil: the promise is broken by what does not happen
	what string
}

// violation describes what was found.
func (e *explorer) violation() (*Violation, error) {
	w, err := e.wayTo(e.found.from, e.found.by)
	if err != nil {
		return nil, err
	}
	lines := w.lines()
	if e.found.by == nil {
		lines = append(lines, w.fairLines()...)
	}
	return &Violation{What: e.found.what, Acts: w.count(), Trace: lines}, nil
}

// Explore visits every state of a small world, and checks every one and every move between them.
func Explore(ctx context.Context, b Bounds, o Options) (Report, error) {
	began := time.Now()
	if err := b.Check(); err != nil {
		return Report{Bounds: b}, err
	}
	w, err := newWorld(&b)
	if err != nil {
		return Report{Bounds: b}, err
	}
	e := newExplorer(w)
	first, err := w.begin()
	if err != nil {
		e.report.Violation = &Violation{What: err.Error()}
		return e.report, nil
	}
	e.visit(first, arrival{})
	e.search(ctx, &o)
	r := &e.report
	r.States, r.Locals, r.Runs, r.Took = len(e.states), len(w.atlas.locals), w.atlas.ran, time.Since(began)
	if e.found != nil {
		if r.Violation, err = e.violation(); err != nil {
			return *r, err
		}
	}
	return *r, ctx.Err()
}

func newExplorer(w *world) *explorer {
	return &explorer{world: w, cores: map[core]uint32{}, report: Report{Bounds: *w.bounds}}
}

// core is a state without what it may have more or less of.
type core struct {
	stands  [replicas]standID
	history historyID
}

func (e *explorer) core(s *state) core {
	c := core{history: s.history}
	for i, id := range s.places {
		c.stands[i] = e.derived[id].stand
	}
	return c
}

// covers reports whether everything that may happen in b may happen in a too: a has as much mail, and
// has spent no more.
func (e *explorer) covers(a, b *state) bool {
	if e.plain {
		return *a == *b
	}
	for k := range budgets {
		if a.spent.of(k) > b.spent.of(k) {
			return false
		}
	}
	for i := range replicas {
		if !e.sets.contains(e.places[a.places[i]].mail, e.places[b.places[i]].mail) {
			return false
		}
	}
	return true
}

// visit notes a state, unless one that covers it was visited.
func (e *explorer) visit(s state, by arrival) {
	c := e.core(&s)
	newest := e.cores[c]
	for at := newest; at != 0; at = e.older[at-1] {
		if !e.covered[at-1] && e.covers(&e.states[at-1], &s) {
			return
		}
	}
	for at := newest; at != 0; at = e.older[at-1] {
		if !e.covered[at-1] && e.covers(&s, &e.states[at-1]) {
			e.covered[at-1] = true
		}
	}
	e.states = append(e.states, s)
	e.came = append(e.came, by)
	e.older = append(e.older, newest)
	e.covered = append(e.covered, false)
	e.cores[c] = uint32(len(e.states))
}

func (e *explorer) search(ctx context.Context, o *Options) {
	layer := 1 // end of the states of the current depth
	for at := 0; at < len(e.states); at++ {
		if at == layer {
			layer = len(e.states)
			e.report.Depth++
		}
		if at%4096 == 0 {
			if ctx.Err() != nil || o.MaxStates > 0 && len(e.states) > o.MaxStates {
				return
			}
			if o.Progress != nil {
				o.Progress(e.report.Depth, len(e.states), len(e.states)-at)
			}
		}
		if e.covered[at] {
			continue
		}
		if e.expand(uint32(at)); e.found != nil {
			return
		}
	}
	e.report.Complete = true
}

// expand takes every move from a state.
func (e *explorer) expand(id uint32) {
	s := e.states[id]
	ends := true
	e.moves(&s, func(m move, next state, failure string) bool {
		e.report.Transitions++
		if failure != "" {
			e.found = &finding{id, &m, failure}
			return false
		}
		if next != s {
			ends = false
			e.visit(next, arrival{id, m})
		}
		return true
	})
	if ends {
		e.report.Ends++
	}
	if e.found == nil && (ends || e.bounds.Owed > 0 && int(id)%e.bounds.Owed == 0) {
		if err := e.fairly(&s, nil); err != nil {
			e.found = &finding{from: id, what: err.Error()}
		}
	}
}

// take calls a move's outcome.
type take func(m move, next state, failure string) bool

// moves calls take with every move from a state until it returns false.
func (e *explorer) moves(s *state, take take) {
	for i := range replicas {
		p := e.places[s.places[i]]
		if !e.mail(s, i, &p, take) || !e.stamps(s, i, &p, take) || !e.ticks(s, i, &p, take) || !e.restarts(s, i, &p, take) {
			return
		}
	}
	e.clients(s, take)
}

// mail delivers the messages of other replicas.
func (e *explorer) mail(s *state, i int, p *place, take take) bool {
	for _, d := range e.delivered(s.places[i]) {
		if !e.outcome(s, i, move{kind: moveDeliver, node: uint8(i), arg: uint32(d.input)}, d.outcome, &p.arrived, s.spent, take) {
			return false
		}
	}
	return true
}

// outcome takes a move with a known outcome, and, for every record that the replica makes durable
// after it has said something, one with a crash before.
func (e *explorer) outcome(s *state, i int, m move, id outcomeID, arrived *arrivals, spent spent, take take) bool {
	o := e.atlas.outcomes[id]
	next, failure := e.apply(s, i, &o, arrived)
	next.spent = spent
	if !take(m, next, failure) {
		return false
	}
	if failure != "" || !e.mayRestart(s, i) {
		return true
	}
	for k, c := range o.cuts {
		boot := e.atlas.outcomes[e.atlas.boot(i, c.record)]
		for to := range boot.sends {
			boot.sends[to] = e.sets.union(boot.sends[to], c.sends[to])
		}
		next, failure := e.apply(s, i, &boot, arrived)
		next.spent = spent.plus(budgetRestarts)
		m.kind, m.extra = moveCrashAt, uint8(k)
		if !take(m, next, failure) {
			return false
		}
	}
	return true
}

// stamps delivers the next stamped message of each session, or another one where the bounds let it
// overtake, or none.
func (e *explorer) stamps(s *state, i int, p *place, take take) bool {
	for session, stamped := range e.chronicle.all[s.history].sessions {
		overtakes := false
		for n := range stamped {
			if p.arrived[session]>>n&1 == 1 {
				continue
			}
			spent := s.spent
			if overtakes {
				spent = spent.plus(budgetReorders)
			}
			arrived := p.arrived
			arrived[session] |= 1 << n
			in := e.stamped(session+1, n+1, stamped[n].frame)
			m := move{kind: moveStamped, node: uint8(i), extra: uint8(session), arg: uint32(in)}
			if !e.outcome(s, i, m, e.atlas.step(p.local, in), &arrived, spent, take) {
				return false
			}
			if !overtakes && e.bounds.left(s.spent, budgetDrops) {
				next := *s
				next.places[i] = e.place(place{p.local, p.mail, arrived})
				next.spent = s.spent.plus(budgetDrops)
				if !take(move{kind: moveDrop, node: uint8(i), extra: uint8(session), arg: uint32(in)}, next, "") {
					return false
				}
			}
			if overtakes = true; !e.bounds.left(s.spent, budgetReorders) {
				break
			}
		}
	}
	return true
}

// ticks lets time pass at a replica.
func (e *explorer) ticks(s *state, i int, p *place, take take) bool {
	l := &e.atlas.locals[p.local]
	tick := func(in inputID, spent spent) bool {
		return e.outcome(s, i, move{kind: moveDeliver, node: uint8(i), arg: uint32(in)}, e.atlas.step(p.local, in), &p.arrived, spent, take)
	}
	ok := true
	if l.leads() && l.executed > l.sp && e.bounds.left(s.spent, budgetSyncs) {
		ok = tick(e.medium, s.spent.plus(budgetSyncs))
	}
	if ok && !l.recovers() && !e.atlas.locals[p.local].leads() && e.bounds.left(s.spent, budgetLeaderChanges) {
		ok = tick(e.long, s.spent.plus(budgetLeaderChanges))
	}
	return ok
}

// mayRestart reports whether a replica may lose its log: the protocol promises nothing when more than
// f have lost theirs.
func (e *explorer) mayRestart(s *state, id int) bool {
	if !e.bounds.left(s.spent, budgetRestarts) {
		return false
	}
	for i := range replicas {
		if i != id && e.local(s, i).recovers() {
			return false
		}
	}
	return true
}

func (e *explorer) restarts(s *state, i int, p *place, take take) bool {
	if !e.mayRestart(s, i) {
		return true
	}
	boot := e.atlas.outcomes[e.atlas.boot(i, e.atlas.locals[p.local].record)]
	next, failure := e.apply(s, i, &boot, &p.arrived)
	next.spent = s.spent.plus(budgetRestarts)
	return take(move{kind: moveRestart, node: uint8(i)}, next, failure)
}

// clients lets clients call, and send again, and the sequencer change.
func (e *explorer) clients(s *state, take take) {
	h := &e.chronicle.all[s.history]
	for i := range h.clients {
		called, pending := h.pending(i)
		calls := pending == 0 && called < e.bounds.Requests && !e.mirrored(h, i)
		if called > 0 && e.bounds.left(s.spent, budgetResends) {
			o, next := e.chronicle.resend(s.history, i), *s
			next.history, next.spent = o.to, s.spent.plus(budgetResends)
			if !take(move{kind: moveResend, node: uint8(i)}, next, o.failure) {
				return
			}
		}
		if calls {
			op := newOpID(i, called)
			o, next := e.chronicle.invoke(s.history, i, op), *s
			if next.history = o.to; !take(move{kind: moveInvoke, node: uint8(i), arg: uint32(op)}, next, o.failure) {
				return
			}
		}
		h = &e.chronicle.all[s.history]
	}
	if e.bounds.left(s.spent, budgetSessions) {
		next := *s
		next.history = e.chronicle.nextSession(s.history)
		next.spent = s.spent.plus(budgetSessions)
		word := e.sets.id([]inputID{e.sessionWord(uint32(len(e.chronicle.all[next.history].sessions)))})
		for i := range replicas {
			next.places[i] = e.post(next.places[i], word)
		}
		e.saturate(&next)
		take(move{kind: moveSession}, next, "")
	}
}

// mirrored reports whether a client has to wait for the one before it to call its first operation.
// Clients are alike: a world in which they change places is the same world.
func (e *explorer) mirrored(h *history, client int) bool {
	if client == 0 || len(h.calls) > 0 && client == 1 {
		return false
	}
	called, _ := h.pending(client - 1)
	return called == 0
}
