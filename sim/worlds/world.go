package worlds

import (
	"fmt"

	"github.com/netordered/nopaxos/replica"
	"github.com/netordered/nopaxos/replica/wire"
)

// maxSessions bounds the sessions of a world, and maxNumbers the messages of each: what places have
// room for.
const (
	maxSessions = 4
	maxNumbers  = 16
)

// arrivals is which numbers of each session have arrived at a replica, or never will.
type arrivals [maxSessions]uint16

// allArrived stands for a session that the replica has left.
const allArrived = 1<<maxNumbers - 1

// placeID names a place.
type placeID uint32

// place is a replica in its surroundings: its state, the messages of other replicas that may arrive,
// and the stamped ones that have.
//
// A message that was sent may arrive at any time, any number of times, or never: the network is the
// set of all that was sent. So loss, duplication, delay and reordering among replicas need no budget.
// Stamped messages arrive in the order of their numbers, each once or, at a price, not at all.
type place struct {
	local   localID
	mail    setID
	arrived arrivals
}

// delivery is a message of a place's mail that makes a difference.
type delivery struct {
	input   inputID
	outcome outcomeID
}

// state is a world at a moment.
type state struct {
	places  [replicas]placeID
	history historyID
	spent   spent
}

// world is what is known of all states of a world: tables that grow as the world is explored.
type world struct {
	bounds    *Bounds
	inputs    inputs
	sets      sets
	logs      logs
	atlas     *atlas
	customers *customers
	chronicle *chronicle

	places   []place
	placeIDs map[place]placeID
	stands   map[stand]standID
	mails    map[[2]uint32]placeID // a place, and what is added to its mail
	pruned   map[[2]uint32]setID   // a replica's mail without what it is beyond
	closed   map[[2]uint32]setID   // … without the questions that it has answered
	datagram map[stamp]inputID
	derived  []derived // by place

	short, medium, long inputID // steps of time

	// plain has nothing left out and nothing said at once: for the test that this misses nothing.
	plain bool
}

// stand is a place without its mail.
type stand struct {
	local   localID
	arrived arrivals
}

type standID uint32

// derived is what follows from a place, as far as it was asked for.
type derived struct {
	stand      standID
	gained     *[replicas]setID
	deliveries []delivery
	delivered  bool // deliveries are known
	settled    placeID
	isSettled  bool // settled is known
}

// stamp is a number of a session, and what was stamped with it.
type stamp struct {
	session uint32
	number  uint64
	frame   inputID
}

func newWorld(b *Bounds) (*world, error) {
	keys, err := wire.DeriveKeys([]byte("the small worlds' cluster key"))
	if err != nil {
		return nil, err
	}
	w := &world{
		bounds: b, inputs: inputs{keys: keys, ids: map[string]inputID{}}, sets: newSets(), logs: newLogs(),
		placeIDs: map[place]placeID{}, stands: map[stand]standID{}, mails: map[[2]uint32]placeID{},
		pruned: map[[2]uint32]setID{}, closed: map[[2]uint32]setID{}, datagram: map[stamp]inputID{},
	}
	w.short, w.medium, w.long = w.inputs.id(input{kind: inputShort}), w.inputs.id(input{kind: inputMedium}), w.inputs.id(input{kind: inputLong})
	w.atlas = newAtlas(b, &w.inputs, &w.sets, &w.logs)
	w.customers = newCustomers(&w.inputs)
	w.chronicle = newChronicle(w.atlas, w.customers)
	return w, nil
}

// place names a place: what can no longer make a difference there is left out.
func (w *world) place(p place) placeID {
	if !w.plain {
		p.mail = w.prune(p.local, p.mail, w.pruned, w.beyond)
		w.arrive(&w.atlas.locals[p.local], &p.arrived)
	}
	if id, ok := w.placeIDs[p]; ok {
		return id
	}
	id := placeID(len(w.places))
	w.placeIDs[p] = id
	w.places = append(w.places, p)
	st := stand{p.local, p.arrived}
	if _, ok := w.stands[st]; !ok {
		w.stands[st] = standID(len(w.stands))
	}
	w.derived = append(w.derived, derived{stand: w.stands[st]})
	return id
}

// arrive takes for arrived what makes no difference any more: numbers of sessions that the replica has
// left, and those that its log has by another way.
func (w *world) arrive(l *local, a *arrivals) {
	for s := range a {
		switch session := uint32(s + 1); {
		case session < l.view.Session:
			a[s] = allArrived
		case session == l.view.Session && l.normal() && !w.bounds.Late:
			a[s] |= 1<<(w.logs.all[l.log].end()-l.base) - 1
		}
	}
}

// prune leaves some messages out of a replica's mail.
func (w *world) prune(at localID, mail setID, known map[[2]uint32]setID, out func(*local, *input) bool) setID {
	key := [2]uint32{uint32(at), uint32(mail)}
	if id, ok := known[key]; ok {
		return id
	}
	var kept []inputID
	for _, m := range w.sets.all[mail] {
		if !out(&w.atlas.locals[at], &w.inputs.all[m]) {
			kept = append(kept, m)
		}
	}
	id := w.sets.id(kept)
	known[key] = id
	return id
}

// beyond reports whether a replica has moved beyond a message, so that it never makes a difference
// again: at most the replica says what it has said before, or that its view is higher.
func (w *world) beyond(l *local, in *input) bool {
	switch {
	case in.kind == inputSession:
		return in.session <= l.view.Session
	case in.message == wire.KindRecover:
		return false
	case in.message == wire.KindViewChangeReq:
		return in.view.LessEq(l.view)
	case w.bounds.Late:
		return false
	case in.message == wire.KindFetchLog:
		return l.fetch != fetch{from: in.from, have: in.behind} // it asks again when it needs to
	case in.message == wire.KindSnapshotChunk:
		return l.fetch.from != in.from || !l.fetch.transfer
	case l.recovers():
		return in.view.LessEq(l.view)
	case in.view == l.view && l.normal():
		return w.settled(l, in)
	}
	return in.view.Less(l.view)
}

// settled reports whether a message of its view is settled for a replica in status normal.
func (w *world) settled(l *local, in *input) bool {
	switch in.message {
	case wire.KindViewChange, wire.KindStartView:
		return true // has entered the view, and repeats START-VIEW anyway
	case wire.KindSyncRep, wire.KindSyncCommit:
		return in.last <= l.sp
	case wire.KindSlotEntries:
		return in.last <= w.logs.all[l.log].end()
	case wire.KindGapCommitRep:
		return in.last <= l.executed
	}
	return false
}

// answered reports whether a question that was answered gets no other answer from now on, in this view.
func (w *world) answered(l *local, in *input) bool {
	if in.message == wire.KindRecover {
		return l.normal() && l.view.LeaderOf(replicas) != in.from && (in.view.Less(l.view) || !l.leads())
	}
	if !l.normal() || in.view != l.view || w.bounds.Late {
		return false
	}
	switch in.message {
	case wire.KindSlotLookup, wire.KindGapAsk, wire.KindFetch:
		return in.last <= w.logs.all[l.log].end()
	case wire.KindSyncPrepare, wire.KindGapCommit:
		return in.last <= l.sp
	}
	return false
}

// post adds messages to a place's mail.
func (w *world) post(to placeID, mail setID) placeID {
	if mail == emptySet {
		return to
	}
	key := [2]uint32{uint32(to), uint32(mail)}
	if id, ok := w.mails[key]; ok {
		return id
	}
	p := w.places[to]
	p.mail = w.sets.union(p.mail, mail)
	id := w.place(p)
	w.mails[key] = id
	return id
}

// delivered is what comes of the mail at a place, and of a short step of time, as far as it makes a
// difference that is not a gain.
func (w *world) delivered(id placeID) []delivery {
	if w.derived[id].delivered {
		return w.derived[id].deliveries
	}
	var d []delivery
	at := &w.places[id]
	for _, in := range w.prompts(at) {
		if out := w.atlas.step(at.local, in); w.matters(at.local, out) {
			d = append(d, delivery{in, out})
		}
	}
	w.derived[id].deliveries, w.derived[id].delivered = d, true
	return d
}

// prompts is what may be given to a replica at any time.
func (w *world) prompts(at *place) []inputID {
	mail := w.sets.all[at.mail]
	return append(mail[:len(mail):len(mail)], w.short)
}

// matters reports whether an outcome changes the replica, or anything that is remembered.
func (w *world) matters(from localID, id outcomeID) bool {
	o := &w.atlas.outcomes[id]
	return o.failure != "" || o.to != from || o.facts != noFacts || w.plain && o.sends != [replicas]setID{}
}

// gained is what the replica at a place has to say to the others without being changed by it: answers
// and repetitions.
func (w *world) gained(id placeID) *[replicas]setID {
	if g := w.derived[id].gained; g != nil {
		return g
	}
	g := &[replicas]setID{}
	at := &w.places[id]
	for _, in := range w.prompts(at) {
		out := w.atlas.step(at.local, in)
		if w.matters(at.local, out) {
			continue
		}
		for to, mail := range w.atlas.outcomes[out].sends {
			g[to] = w.sets.union(g[to], mail)
		}
	}
	w.derived[id].gained = g
	return g
}

// saturate lets every replica say what it may say without being changed by it. More mail only ever
// means that more can happen, so that nothing is missed by saying it at once; and worlds in which it
// was said, or not yet, need not be told apart.
func (w *world) saturate(s *state) {
	if w.plain {
		return
	}
	for changed := true; changed; {
		changed = false
		for i := range replicas {
			for to, mail := range w.gained(s.places[i]) {
				if p := w.post(s.places[to], mail); p != s.places[to] {
					s.places[to], changed = p, true
				}
			}
		}
	}
	for i := range replicas {
		s.places[i] = w.close(s.places[i])
	}
}

// close leaves the questions that the replica at a place has answered out of its mail.
func (w *world) close(id placeID) placeID {
	if d := &w.derived[id]; d.isSettled {
		return d.settled
	}
	p := w.places[id]
	p.mail = w.prune(p.local, p.mail, w.closed, w.answered)
	to := w.place(p)
	w.derived[id].settled, w.derived[id].isSettled = to, true
	return to
}

// stamped is the datagram that a session's number makes of what was stamped with it.
func (w *world) stamped(session int, number int, frame inputID) inputID {
	key := stamp{uint32(session), uint64(number), frame}
	if id, ok := w.datagram[key]; ok {
		return id
	}
	id := w.inputs.stamped(key.session, key.number, w.inputs.all[frame].data)
	w.datagram[key] = id
	return id
}

// apply continues a state by what a replica did. arrived is what has arrived there.
func (w *world) apply(s *state, id int, o *outcome, arrived *arrivals) (state, string) {
	if o.failure != "" {
		return *s, o.failure
	}
	next := *s
	next.places[id] = w.place(place{local: o.to, mail: w.places[s.places[id]].mail, arrived: *arrived})
	for to, mail := range o.sends {
		next.places[to] = w.post(next.places[to], mail)
	}
	observed := w.chronicle.observe(s.history, o.facts)
	if observed.failure != "" {
		return *s, observed.failure
	}
	next.history = observed.to
	var locals [replicas]localID
	for i, p := range s.places {
		locals[i] = w.places[p].local
	}
	if failure := w.formed(&locals, o.facts); failure != "" {
		return *s, failure
	}
	w.saturate(&next)
	w.forget(&next)
	return next, ""
}

// forget leaves out of a state's history what can no longer come to anything.
func (w *world) forget(s *state) {
	if w.plain {
		return
	}
	var views [replicas]wire.View
	for i := range replicas {
		views[i] = w.local(s, i).view
	}
	s.history = w.chronicle.forget(s.history, views)
}

// formed checks that a view that its leader enters is one that f others have promised.
func (w *world) formed(locals *[replicas]localID, id factsID) string {
	f := &w.atlas.facts[id]
	if !f.entered || !f.leader {
		return ""
	}
	n := 0
	for i, at := range locals {
		if i != f.replica && f.view.LessEq(w.atlas.locals[at].view) {
			n++
		}
	}
	if n < faulty {
		return fmt.Sprintf("enters view %v as leader with the promises of %d others, expected %d", f.view, n, faulty)
	}
	return ""
}

// local is the state of a replica.
func (w *world) local(s *state, id int) *local { return &w.atlas.locals[w.places[s.places[id]].local] }

// begin is the state in which a world begins: a group in its first session that knows its clients.
// All runs from a bootstrap on are the same up to there, as far as these bounds go.
func (w *world) begin() (state, error) {
	r, err := w.boot()
	if err != nil {
		return state{}, err
	}
	r.stable = uint64(w.bounds.Clients) // their REGISTERs
	if err := r.settle(); err != nil {
		return state{}, fmt.Errorf("worlds: before the world begins: %w", err)
	}
	var s state
	s.history = r.history
	h := &w.chronicle.all[r.history]
	for i := range replicas {
		var arrived arrivals
		for session, stamped := range h.sessions {
			if len(stamped) > maxNumbers {
				return s, fmt.Errorf("worlds: %d messages stamped in session %d, at most %d fit", len(stamped), session+1, maxNumbers)
			}
			arrived[session] = 1<<len(stamped) - 1
		}
		s.places[i] = w.place(place{local: r.locals[i], arrived: arrived})
	}
	return s, nil
}

// boot starts a group: every replica for the first time, clients that register, and session 1.
func (w *world) boot() (*fairRun, error) {
	h := history{sessions: [][]request{nil}}
	for i := range w.bounds.Clients {
		c, err := w.customers.open(i)
		if err != nil {
			return nil, err
		}
		h.clients = append(h.clients, c)
	}
	r := &fairRun{world: w, history: w.chronicle.id(&h)}
	for i := range replicas {
		if err := r.take(i, w.atlas.boot(i, replica.Bootstrap())); err != nil {
			return nil, err
		}
	}
	for i := range replicas {
		r.queue = append(r.queue, letter{to: i, input: w.sessionWord(1)})
	}
	if err := r.drain(); err != nil {
		return nil, err
	}
	for i := range w.bounds.Clients {
		if err := r.ask(w.chronicle.invoke(r.history, i, 0)); err != nil {
			return nil, err
		}
		if err := r.drain(); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// sessionWord is the controller's word on a session.
func (w *world) sessionWord(session uint32) inputID {
	return w.inputs.id(input{kind: inputSession, session: session})
}
