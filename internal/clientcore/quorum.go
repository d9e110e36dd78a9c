package clientcore

import (
	"math/bits"

	"github.com/netordered/nopaxos/replica/wire"
)

// maxTallies is how many (view, slot) candidates a request keeps. Every transmission takes a slot
// of its own, so a few are in flight when the round trip is longer than the time-out; back-off
// keeps them few.
const maxTallies = 4

// Rule says how the replicas of a group answer, and which answers complete a request. The zero Rule is
// NOPaxos's; others are for the systems of package baseline.
type Rule struct {
	// Quorum is how many replicas must have answered alike. 0 stands for f+1.
	Quorum int
	// Speculative says that every replica answers with a result, and with the digest of the log that
	// the result comes from. Otherwise only the leader has results.
	Speculative bool
	// Read authenticates and reads an answer, which may alias the frame; ok is false if it is none.
	// Nil reads REPLYs.
	Read func(auth wire.Auth, frame []byte) (m Answer, ok bool)
}

// Answer is what a replica says of a request.
type Answer struct {
	wire.Reply
	Log   wire.Digest // of the replica's log up to the slot; zero if the replica does not say
	Final bool        // the slot is committed, so that this answer is enough
}

func (r *Rule) quorum(n int) int {
	if r.Quorum == 0 {
		return n/2 + 1
	}
	return r.Quorum
}

// speaks reports whether an answer comes from a replica that has results.
func (r *Rule) speaks(m *Answer, n int) bool {
	return r.Speculative || int(m.Replica) == m.View.LeaderOf(n)
}

// tally counts who holds a request at one slot in one view: the request is committed there when
// f+1 replicas, the view's leader among them, say so (OSDI 2016 §5.2.1).
type tally struct {
	view   wire.View
	slot   uint64      // 0: unused
	log    wire.Digest // see Answer
	final  bool
	voters replicaSet
	status wire.Status // of who has results; StatusLogged until one has answered
}

// vote enters an answer.
func (r *request) vote(m *Answer) {
	t := r.tally(m.View, m.Slot, m.Log)
	t.voters.add(int(m.Replica))
	t.final = t.final || m.Final
	if m.Status != wire.StatusLogged {
		t.status = m.Status
	}
}

// outcome returns the tally at which the request is committed and whose result is there, or nil.
// The last part of a result may come with another slot than the one that is committed.
func (r *request) outcome(quorum int) *tally {
	for i := range r.tallies {
		if t := &r.tallies[i]; t.committed(quorum) && r.result.complete(t) {
			return t
		}
	}
	return nil
}

// tally finds the tally of a candidate, or gives it the place of the oldest one.
func (r *request) tally(view wire.View, slot uint64, log wire.Digest) *tally {
	for i := range r.tallies {
		if t := &r.tallies[i]; t.slot == slot && t.view == view && t.log == log {
			return t
		}
	}
	t := &r.tallies[r.nextTally]
	r.nextTally = (r.nextTally + 1) % maxTallies
	*t = tally{view: view, slot: slot, log: log}
	return t
}

// committed reports whether enough replicas, and one that has results among them, have answered.
func (t *tally) committed(quorum int) bool {
	return t.status != wire.StatusLogged && (t.voters.len() >= quorum || t.final)
}

// replicaSet is a set of replica numbers.
type replicaSet [(wire.MaxGroup + 63) / 64]uint64

func (s *replicaSet) add(i int) { s[i/64] |= 1 << (i % 64) }

func (s *replicaSet) len() int {
	n := 0
	for _, w := range s {
		n += bits.OnesCount64(w)
	}
	return n
}
