package worlds

import (
	"github.com/netordered/nopaxos/replica"
	"github.com/netordered/nopaxos/replica/wire"
)

// delivery is the delivery of a message that changes something.
type delivery struct {
	input   inputID
	outcome outcomeID
}

// prune removes messages for which out returns true from a replica's mail.
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

// beyond reports whether a message can no longer change a replica: at most the replica repeats messages, or
// reports its higher view.
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
		// The replica repeats the request if necessary.
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

// settled reports whether a message of the current view can no longer change a replica in status normal.
func (w *world) settled(l *local, in *input) bool {
	switch in.message {
	case wire.KindViewChange, wire.KindStartView:
		return true // the replica has entered the view, and repeats START-VIEW anyway
	case wire.KindSyncRep, wire.KindSyncCommit:
		return in.last <= l.sp
	case wire.KindSlotEntries:
		return in.last <= w.logs.all[l.log].end()
	case wire.KindGapCommitRep:
		return in.last <= l.executed
	}
	return false
}

// answered reports whether a request that the replica has answered gets no other answer in this view.
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

// delivered returns the deliveries of mail at a place, and of a short step of time, that change something.
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

// prompts returns the inputs that a replica may get at any time.
func (w *world) prompts(at *place) []inputID {
	mail := w.sets.all[at.mail]
	return append(mail[:len(mail):len(mail)], w.short)
}

// matters reports whether an outcome changes the replica or the history.
func (w *world) matters(from localID, id outcomeID) bool {
	o := &w.atlas.outcomes[id]
	return o.failure != "" || o.to != from || o.facts != noFacts || w.plain && o.sends != [replicas]setID{}
}

// gained returns the messages that the replica at a place can send without changing: answers and retransmissions.
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

// saturate makes every replica send the messages that it can send without changing. More mail only adds possible
// moves, so sending them at once misses nothing, and the explorer need not distinguish states before and after.
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

// close removes the answered requests from the mail at a place.
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
