package clientcore

import (
	"math/bits"

	"github.com/netordered/nopaxos/replica/wire"
)

// maxTallies is the number of (view, slot) candidates that a request keeps. Every transmission takes its own slot, so there are a
// few candidates when the round trip is longer than the time-out; back-off keeps them few.
const maxTallies = 4

// Rule describes how the replicas of a group answer and which answers complete a request. The zero Rule is that of NOPaxos; the
// comparison systems of the laboratory have others.
type Rule struct {
	// Quorum is the number of replicas that must answer alike. 0 stands for f+1.
	Quorum int
	// Speculative means that every replica answers with a result and the digest of the log that led to it. Otherwise only
	// the leader has results.
	Speculative bool
	// Read authenticates and parses an answer, which may alias the frame; ok is false if the frame is not an answer. Nil
	// reads REPLYs.
	Read func(auth wire.Auth, frame []byte) (m Answer, ok bool)
}

// Answer is the answer of a replica to a request.
type Answer struct {
	wire.Reply
	Log   wire.Digest // of the replica's log up to the slot; zero without Rule.Speculative
	Final bool        // the slot is committed: this answer alone completes the request
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

// tally counts the replicas that hold a request at one slot in one view. The request is committed there when f+1 replicas,
// including the view's leader, have answered (OSDI 2016 §5.2.1).
type tally struct {
	view   wire.View
	slot   uint64      // 0: unused
	log    wire.Digest // see Answer
	final  bool
	voters replicaSet
	status wire.Status // from a replica that has results; StatusLogged until one has answered
}

// vote adds an answer.
func (r *request) vote(m *Answer) {
	t := r.tally(m.View, m.Slot, m.Log)
	t.voters.add(int(m.Replica))
	t.final = t.final || m.Final
	if m.Status != wire.StatusLogged {
		t.status = m.Status
	}
}

// outcome returns the tally at which the request is committed if its result is complete, or nil. The last part of a result may
// arrive with another slot than the committed one.
func (r *request) outcome(quorum int) *tally {
	for i := range r.tallies {
		if t := &r.tallies[i]; t.committed(quorum) && r.result.complete(t) {
			return t
		}
	}
	return nil
}

// tally returns the tally of a candidate. A new one replaces the oldest.
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

// committed reports whether enough replicas have answered, including one that has results.
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
