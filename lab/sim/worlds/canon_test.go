package worlds

import (
	"context"
	"slices"
	"testing"
)

// TestSameFingerprintSameFuture: the fields omitted from the canonical form make no difference. If a state of a
// replica was reached by two paths, a replica that takes the second one reacts to all inputs of the first like
// the first, and reaches the same states.
func TestSameFingerprintSameFuture(t *testing.T) {
	if raced || testing.Short() {
		t.Skip("takes a minute under the race detector, which has nothing to find here")
	}
	for _, b := range []Bounds{
		{Name: "leader", Clients: 1, Requests: 1, Drops: 1, LeaderChanges: 1, Undo: true},
		{Name: "session", Clients: 1, Requests: 1, Drops: 1, Sessions: 1, Undo: true},
		{Name: "restart", Clients: 1, Requests: 1, Restarts: 1, Undo: true},
		{Name: "snapshots", Clients: 1, Requests: 1, Syncs: 1, LeaderChanges: 1, Snapshots: true},
	} {
		e := begun(t, b)
		type path struct {
			to, before localID
			via        inputID
		}
		var paths []path
		e.atlas.again = func(id, before localID, via inputID) {
			if id != before {
				paths = append(paths, path{id, before, via})
			}
		}
		e.search(context.Background(), &Options{})
		e.atlas.again = nil
		given := map[localID][]inputID{}
		for key := range e.atlas.steps {
			given[localID(key>>32)] = append(given[localID(key>>32)], inputID(key))
		}
		compared := 0
		for _, y := range paths {
			inputs := given[y.to]
			slices.Sort(inputs)
			for _, in := range inputs {
				n := e.atlas.wake(y.before)
				n.give(&e.inputs.all[y.via])
				did := n.give(&e.inputs.all[in])
				o := &e.atlas.outcomes[e.atlas.step(y.to, in)]
				compared++
				if did.failure != "" || o.failure != "" || n.fingerprint() != e.atlas.locals[o.to].print {
					t.Fatalf("%v: state %d, reached from %d by input %d, goes another way on input %d (%s, %s)", b, y.to, y.before, y.via, in, did.failure, o.failure)
				}
				for to, frames := range did.sends {
					if e.atlas.set(frames) != o.sends[to] {
						t.Fatalf("%v: state %d, reached from %d by input %d, says something else on input %d", b, y.to, y.before, y.via, in)
					}
				}
			}
		}
		if compared < 100 {
			t.Errorf("%v: %d comparisons, expected more", b, compared)
		}
	}
}
