package worlds

import (
	"encoding/binary"
	"fmt"

	"github.com/netordered/nopaxos/replica"
	"github.com/netordered/nopaxos/replica/wire"
)

// localID identifies a local state.
type localID uint32

// local is a state of one replica: how it is reached, and the properties that the explorer uses.
type local struct {
	// The state is reached by starting a process from a record, or by an input in another state.
	booted bool
	record replica.Record // the durable record; if booted, the one that the process was started from
	before localID
	via    inputID

	print      fingerprint
	replica    int
	view       wire.View
	lastNormal wire.View
	phase      string
	base       uint64
	sp         uint64
	executed   uint64
	log        logID
	fetches    bool // a part of another replica's log
	fetch      replica.Fetching
}

func (l *local) normal() bool   { return l.phase == "normal" }
func (l *local) leads() bool    { return l.normal() && l.view.LeaderOf(replicas) == l.replica }
func (l *local) recovers() bool { return l.phase == "recovering" }

// outcomeID identifies an outcome.
type outcomeID uint32

// outcome is the result of an input in a state.
type outcome struct {
	to      localID
	sends   [replicas]setID
	facts   factsID
	cuts    []cutOutcome
	failure string
}

// cutOutcome is the result of an input if the replica crashes before its record is durable.
type cutOutcome struct {
	record replica.Record
	sends  [replicas]setID
}

// factsID identifies facts.
type factsID uint32

// noFacts stands for the facts of an outcome that the checkers need not see.
const noFacts factsID = 0

// facts are the parts of an outcome that the checkers use.
type facts struct {
	replica int
	replies []reply
	prefix  logID // for replies of a leader: its log up to the last of them, from which their results come
	changed bool  // one of the fields below has changed
	entered bool
	view    wire.View // last-normal
	leader  bool      // of it
	log     logID
	stable  logID // up to the sync point
}

// atlas is the known part of the transition system of single replicas: their states, and the outcome of every
// input in each. A core runs once for each pair of state and input; everything else is a look-up. This makes the
// exploration of millions of states feasible, because they are combinations of a few thousand states of single
// replicas.
type atlas struct {
	bounds *Bounds
	inputs *inputs
	sets   *sets
	logs   *logs

	locals   []local
	byPrint  map[fingerprint]localID
	outcomes []outcome
	steps    map[uint64]outcomeID
	boots    map[bootKey]outcomeID
	facts    []facts
	factIDs  map[string]factsID

	live  map[localID]*node // running nodes, by state
	queue []localID         // keys of live, the oldest first

	// again, if not nil, is called for every further transition to a known state.
	again func(id, before localID, via inputID)
}

type bootKey struct {
	replica int
	record  replica.Record
}

func newAtlas(b *Bounds, in *inputs, s *sets, l *logs) *atlas {
	return &atlas{
		bounds: b, inputs: in, sets: s, logs: l,
		byPrint: map[fingerprint]localID{}, steps: map[uint64]outcomeID{}, boots: map[bootKey]outcomeID{},
		facts: make([]facts, 1), factIDs: map[string]factsID{}, live: map[localID]*node{},
	}
}

// boot returns the outcome of starting a replica's process from its record.
func (a *atlas) boot(id int, record replica.Record) outcomeID {
	key := bootKey{id, record}
	if out, ok := a.boots[key]; ok {
		return out
	}
	n, did := boot(a.bounds, a.inputs, id, record)
	out := a.conclude(n, did, nil, func() local { return local{booted: true, record: record} })
	a.boots[key] = out
	return out
}

// step returns the outcome of an input in a state.
func (a *atlas) step(from localID, in inputID) outcomeID {
	key := uint64(from)<<32 | uint64(in)
	if out, ok := a.steps[key]; ok {
		return out
	}
	n := a.wake(from)
	did := n.give(&a.inputs.all[in])
	before := a.locals[from]
	out := a.conclude(n, did, &before, func() local { return local{before: from, via: in} })
	a.steps[key] = out
	return out
}

// wake returns a running node in the given state: a live one, or a new one that repeats the inputs that led
// there.
func (a *atlas) wake(id localID) *node {
	if n := a.live[id]; n != nil {
		delete(a.live, id)
		return n
	}
	var path []inputID
	at := id
	for ; !a.locals[at].booted && a.live[at] == nil; at = a.locals[at].before {
		path = append(path, a.locals[at].via)
	}
	n := a.live[at]
	if n != nil {
		delete(a.live, at)
	} else {
		n, _ = boot(a.bounds, a.inputs, a.locals[at].replica, a.locals[at].record)
	}
	for i := len(path) - 1; i >= 0; i-- {
		n.give(&a.inputs.all[path[i]])
	}
	return n
}

// maxLive bounds the number of running nodes.
const maxLive = 1024

func (a *atlas) keep(id localID, n *node) {
	if a.live[id] != nil {
		return
	}
	a.live[id] = n
	a.queue = append(a.queue, id)
	if len(a.queue) > maxLive {
		delete(a.live, a.queue[0])
		a.queue = a.queue[1:]
	}
}

// conclude records the outcome of an input; before is nil for the start of a process.
func (a *atlas) conclude(n *node, did *effects, before *local, reached func() local) outcomeID {
	o := outcome{failure: did.failure}
	if did.failure == "" {
		o.to, o.failure = a.arrive(n, reached)
	}
	for to, frames := range did.sends {
		o.sends[to] = a.set(frames)
	}
	if o.failure == "" {
		o.facts = a.factsOf(before, &a.locals[o.to], did.replies, did.entered)
		a.keep(o.to, n)
	}
	for _, c := range did.cuts {
		co := cutOutcome{record: c.record}
		for to, frames := range c.sends {
			co.sends[to] = a.set(frames)
		}
		o.cuts = append(o.cuts, co)
	}
	a.outcomes = append(a.outcomes, o)
	return outcomeID(len(a.outcomes) - 1)
}

func (a *atlas) set(frames []inputID) setID {
	set := emptySet
	for _, f := range frames {
		set = a.sets.union(set, a.sets.id([]inputID{f}))
	}
	return set
}

// arrive returns the id of a node's state, and checks the state if it is new.
func (a *atlas) arrive(n *node, reached func() local) (localID, string) {
	print := n.fingerprint()
	if id, ok := a.byPrint[print]; ok {
		if l := reached(); a.again != nil && !l.booted {
			a.again(id, l.before, l.via)
		}
		return id, ""
	}
	s := n.core.Status()
	c, err := readLog(s.LogStart, n.core.Entries())
	if err != nil {
		return 0, err.Error()
	}
	l := reached()
	l.print, l.replica, l.view, l.lastNormal, l.phase = print, n.id, s.View, s.LastNormal, s.Phase
	l.base, l.sp, l.executed, l.log = s.Base, s.SyncPoint, s.Executed, a.logs.id(c)
	l.fetch, l.fetches = n.core.Fetching()
	if !l.booted {
		l.record = n.record
	}
	if failure := contradiction(&c, &s, n.machine); failure != "" {
		return 0, failure
	}
	id := localID(len(a.locals))
	a.locals = append(a.locals, l)
	a.byPrint[print] = id
	return id, ""
}

// contradiction checks a replica's state: an entry behind base is at base + its number (invariant 8), and the
// executed operations are those of the log's prefix (invariants 5 and 6).
func contradiction(c *contents, s *replica.Status, m *machine) string {
	for slot := max(c.start, s.Base) + 1; slot <= c.end(); slot++ {
		if e := c.at(slot); e.session != s.LastNormal.Session || e.number != slot-s.Base {
			return fmt.Sprintf("slot %d holds number %d of session %d; base of view %v is %d (invariant 8)", slot, e.number, e.session, s.LastNormal, s.Base)
		}
	}
	if c.start > 0 {
		return "" // the log's beginning is in a snapshot
	}
	var want []execution
	known, seen := map[uint64]bool{}, map[opID]bool{}
	for slot := uint64(1); slot <= s.Executed; slot++ {
		switch e := c.at(slot); {
		case e.kind != wire.EntryRequest:
		case e.op == 0:
			known[slot] = true
		case known[e.client.Lo] && !seen[e.op]:
			seen[e.op] = true
			want = append(want, execution{slot, e.op})
		}
	}
	if fmt.Sprint(want) != fmt.Sprint(m.done) {
		return fmt.Sprintf("has executed %v; the log %v up to slot %d gives %v (invariant 5)", m.done, c, s.Executed, want)
	}
	return ""
}

// factsOf returns the facts of an outcome.
func (a *atlas) factsOf(before, after *local, replies []reply, entered bool) factsID {
	f := facts{replica: after.replica, replies: replies, entered: entered, view: after.lastNormal, leader: after.lastNormal.LeaderOf(replicas) == after.replica}
	f.changed = entered || before == nil || before.log != after.log || before.sp != after.sp
	if !f.changed && len(replies) == 0 {
		return noFacts
	}
	f.log, f.stable = after.log, a.logs.upTo(after.log, after.sp)
	for _, r := range replies {
		if r.view.LeaderOf(replicas) == f.replica {
			f.prefix = a.logs.upTo(after.log, max(r.slot, a.logs.all[f.prefix].end()))
		}
	}
	key := fmt.Appendf(nil, "%d %v %v %v ", f.replica, f.entered, f.changed, f.view)
	for _, id := range [...]uint32{uint32(f.log), uint32(f.stable), uint32(f.prefix)} {
		key = binary.BigEndian.AppendUint32(key, id)
	}
	for _, r := range replies {
		key = binary.BigEndian.AppendUint32(key, uint32(r.frame))
	}
	if id, ok := a.factIDs[string(key)]; ok {
		return id
	}
	id := factsID(len(a.facts))
	a.factIDs[string(key)] = id
	a.facts = append(a.facts, f)
	return id
}
