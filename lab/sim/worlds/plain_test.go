package worlds

import (
	"context"
	"testing"

	"github.com/netordered/nopaxos/replica/wire"
)

// looks has the properties of a replica that others can observe.
type looks struct {
	phase            string
	view, lastNormal wire.View
	sp, executed     uint64
	log              string
}

// TestNothingIsMissed: an exploration with the reductions (fewer messages, sending at once, not visiting covered
// states) finds the same combinations of logs, views and positions of the replicas as one without them.
func TestNothingIsMissed(t *testing.T) {
	if raced || testing.Short() {
		t.Skip("takes a minute under the race detector, which has nothing to find here")
	}
	for _, b := range []Bounds{
		{Name: "drop", Clients: 1, Requests: 2, Drops: 1, Syncs: 1, Undo: true},
		{Name: "leader", Clients: 1, Requests: 1, LeaderChanges: 1, Undo: true},
		{Name: "session", Clients: 1, Requests: 1, Sessions: 1, Undo: true},
	} {
		found, states := combinations(t, b, false)
		all, plain := combinations(t, b, true)
		if len(all) < 20 || plain < 2*states {
			t.Errorf("%v: %d combinations in %d states and %d, expected more to compare", b, len(all), states, plain)
		}
		if len(found) != len(all) {
			t.Errorf("%v: %d combinations, expected %d", b, len(found), len(all))
		}
		for c := range all {
			if !found[c] {
				t.Fatalf("%v: %+v is missed", b, c)
			}
		}
	}
}

// combinations explores a world and returns the combinations of the replicas' looks that it found.
func combinations(t *testing.T, b Bounds, plain bool) (found map[[replicas]looks]bool, states int) {
	t.Helper()
	e := begun(t, b)
	e.plain = plain
	e.search(context.Background(), &Options{})
	if e.found != nil {
		t.Fatal(e.found.what)
	}
	found = map[[replicas]looks]bool{}
	for i := range e.states {
		var c [replicas]looks
		for r := range replicas {
			l := e.local(&e.states[i], r)
			c[r] = looks{l.phase, l.view, l.lastNormal, l.sp, l.executed, e.logs.all[l.log].String()}
		}
		found[c] = true
	}
	return found, len(e.states)
}
