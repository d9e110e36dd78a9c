package worlds

import (
	"fmt"

	"github.com/netordered/nopaxos/replica/wire"
)

// maxSessions bounds the sessions of a world, maxNumbers the messages of each, because arrivals has a fixed size.
const (
	maxSessions = 4
	maxNumbers  = 16
)

// arrivals has a bit for each number of each session that has arrived at a replica, or never will.
type arrivals [maxSessions]uint16

// allArrived stands for a session that the replica has left.
const allArrived = 1<<maxNumbers - 1

// placeID identifies a place.
type placeID uint32

// place is a replica with its network: the replica's state, the messages of other replicas that may arrive, and
// the stamped ones that have arrived.
//
// A message among replicas may arrive at any time, any number of times, or never: the network is the set of all
// messages sent. So its loss, duplication, delay and reordering need no budget. Stamped messages arrive in the
// order of their numbers, each once; loss and reordering use up budgets.
type place struct {
	local   localID
	mail    setID
	arrived arrivals
}

// state is a state of a world.
type state struct {
	places  [replicas]placeID
	history historyID
	spent   spent
}

// world has the tables shared by all states of a world; they grow with the exploration.
type world struct {
	bounds      *Bounds
	inputs      inputs
	sets        sets
	logs        logs
	atlas       *atlas
	clientAtlas *clientAtlas
	histories   *histories

	places   []place
	placeIDs map[place]placeID
	stands   map[stand]standID
	mails    map[[2]uint32]placeID // by a place and the mail added to it
	pruned   map[[2]uint32]setID   // a replica's mail without messages that it is beyond
	closed   map[[2]uint32]setID   // a replica's mail without requests that it has answered
	datagram map[stamp]inputID
	derived  []derived // by place

	short, medium, long inputID // steps of time

	// plain turns the reductions off, for the test that they miss nothing.
	plain bool
}

// stand is a place without its mail.
type stand struct {
	local   localID
	arrived arrivals
}

type standID uint32

// derived caches properties of a place.
type derived struct {
	stand      standID
	gained     *[replicas]setID
	deliveries []delivery
	delivered  bool // deliveries is valid
	settled    placeID
	isSettled  bool // settled is valid
}

// stamp is a session, a number and the message stamped with them.
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
	w.clientAtlas = newClientAtlas(&w.inputs)
	w.histories = newHistories(w.atlas, w.clientAtlas)
	return w, nil
}

// place returns the id of a place, after it has removed what can no longer change anything there.
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

// arrive marks stamped messages that can no longer change the replica as arrived: those of sessions that it has
// left, and those that its log has from elsewhere.
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

// stamped returns the datagram of a frame stamped with a session and number.
func (w *world) stamped(session int, number int, frame inputID) inputID {
	key := stamp{uint32(session), uint64(number), frame}
	if id, ok := w.datagram[key]; ok {
		return id
	}
	id := w.inputs.stamped(key.session, key.number, w.inputs.all[frame].data)
	w.datagram[key] = id
	return id
}

// apply continues a state by an outcome at a replica; arrived are the replica's arrivals then.
func (w *world) apply(s *state, id int, o *outcome, arrived *arrivals) (state, string) {
	if o.failure != "" {
		return *s, o.failure
	}
	next := *s
	next.places[id] = w.place(place{local: o.to, mail: w.places[s.places[id]].mail, arrived: *arrived})
	for to, mail := range o.sends {
		next.places[to] = w.post(next.places[to], mail)
	}
	observed := w.histories.observe(s.history, o.facts)
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

// forget removes what can no longer matter from a state's history.
func (w *world) forget(s *state) {
	if w.plain {
		return
	}
	var views [replicas]wire.View
	for i := range replicas {
		views[i] = w.local(s, i).view
	}
	s.history = w.histories.forget(s.history, views)
}

// formed checks that f others have promised a view that its leader enters.
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

// local returns the local state of a replica.
func (w *world) local(s *state, id int) *local { return &w.atlas.locals[w.places[s.places[id]].local] }
