package worlds

import (
	"github.com/netordered/nopaxos/replica"
	"github.com/netordered/nopaxos/replica/wire"
)

// delivery is a message of a place's mail that makes a difference.
type delivery struct {
	input   inputID
	outcome outcomeID
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
		// It asks again when it needs to.
		return !l.fetches || l.fetch != replica.Fetching{From: in.from, Have: in.behind}
	case in.message == wire.KindSnapshotChunk:
		return !l.fetches || l.fetch.From != in.from || !l.fetch.Snapshot
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
