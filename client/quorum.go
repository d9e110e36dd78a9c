package client

import (
	"math/bits"

	"github.com/netordered/nopaxos/replica/wire"
)

// maxTallies is how many (view, slot) candidates a request keeps. Every transmission takes a slot
// of its own, so a few are in flight when the round trip is longer than the time-out; back-off
// keeps them few.
const maxTallies = 4

// tally counts who holds a request at one slot in one view: the request is committed there when
// f+1 replicas, the view's leader among them, say so (OSDI 2016 §5.2.1).
type tally struct {
	view   wire.View
	slot   uint64 // 0: unused
	voters replicaSet
	status wire.Status // the leader's; StatusLogged until it has answered
}

// vote enters a reply.
func (r *request) vote(m *wire.Reply, n int) {
	t := r.tally(m.View, m.Slot)
	t.voters.add(int(m.Replica))
	if int(m.Replica) == m.View.LeaderOf(n) {
		t.status = m.Status
	}
}

// outcome returns the tally at which the request is committed and whose result is there, or nil.
// The last part of a result may come with another slot than the one that is committed.
func (r *request) outcome(n int) *tally {
	for i := range r.tallies {
		if t := &r.tallies[i]; t.committed(n) && r.result.complete(t) {
			return t
		}
	}
	return nil
}

// tally finds the tally of a candidate, or gives it the place of the oldest one.
func (r *request) tally(view wire.View, slot uint64) *tally {
	for i := range r.tallies {
		if t := &r.tallies[i]; t.slot == slot && t.view == view {
			return t
		}
	}
	t := &r.tallies[r.nextTally]
	r.nextTally = (r.nextTally + 1) % maxTallies
	*t = tally{view: view, slot: slot}
	return t
}

// committed reports whether f+1 replicas with the leader among them have answered.
func (t *tally) committed(n int) bool {
	return t.status != wire.StatusLogged && t.voters.len() >= n/2+1
}

// replicaSet is a set of replica numbers.
type replicaSet [(wire.MaxReplicas + 63) / 64]uint64

func (s *replicaSet) add(i int) { s[i/64] |= 1 << (i % 64) }

func (s *replicaSet) len() int {
	n := 0
	for _, w := range s {
		n += bits.OnesCount64(w)
	}
	return n
}
