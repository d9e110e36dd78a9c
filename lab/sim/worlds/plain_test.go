package worlds

import (
	"context"
	"testing"

	"github.com/netordered/nopaxos/replica/wire"
)

// looks is what others can tell of a replica.
type looks struct {
	phase            string
	view, lastNormal wire.View
	sp, executed     uint64
	log              string
}

// TestNothingIsMissed: leaving out what makes no difference, saying at once what may be said at any
// time, and not visiting what is covered leaves no combination of logs, views and positions of the
// replicas out and adds none: exploring without all that comes to the same ones.
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

// combinations explores a world and returns the combinations of what replicas look like that it met.
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
