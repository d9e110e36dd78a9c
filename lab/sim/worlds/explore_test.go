package worlds

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("worlds.update", false, "write testdata/small.txt anew")

// goldenFile has the numbers of states and moves of every small world.
const goldenFile = "testdata/small.txt"

// enoughUnderRace is the number of small worlds that are explored under the race detector.
const enoughUnderRace = 2

// TestSmallWorlds visits every state of the small worlds. There is no violation, and the numbers of states are as
// expected. If a change of the source was meant to change them:
//
//	go test ./sim/worlds -run TestSmallWorlds -worlds.update
func TestSmallWorlds(t *testing.T) {
	all, err := Worlds("small")
	if err != nil {
		t.Fatal(err)
	}
	if raced || testing.Short() {
		all = all[:enoughUnderRace]
	}
	var got strings.Builder
	for _, b := range all {
		r, err := Explore(context.Background(), b, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if v := r.Violation; v != nil {
			t.Fatalf("%s (%v): %s\n%s", b.Name, b, v.What, strings.Join(v.Trace, "\n"))
		}
		if !r.Complete {
			t.Errorf("%s: not every state was visited", b.Name)
		}
		fmt.Fprintf(&got, "%s: %d states, %d transitions, depth %d, %d ends\n", b.Name, r.States, r.Transitions, r.Depth, r.Ends)
	}
	if *update {
		if err := os.WriteFile(goldenFile, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(goldenFile)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(want), got.String()) {
		t.Errorf("got\n%s\nwant\n%s\nif the source was meant to change what can happen: go test ./sim/worlds -run TestSmallWorlds -worlds.update", got.String(), want)
	}
}

// TestSameTwice: exploring the same world again visits the same states in the same order.
func TestSameTwice(t *testing.T) {
	b := Bounds{Name: "twice", Clients: 2, Requests: 1, Drops: 1, Sessions: 1, Undo: true, Owed: 8}
	var orders [2][]state
	for i := range orders {
		e := explored(t, b)
		orders[i] = e.states
	}
	if fmt.Sprint(orders[0]) != fmt.Sprint(orders[1]) {
		t.Errorf("%d states, and %d, or in another order", len(orders[0]), len(orders[1]))
	}
}

// explored explores a world completely.
func explored(t *testing.T, b Bounds) *explorer {
	t.Helper()
	e := begun(t, b)
	e.search(context.Background(), &Options{})
	if e.found != nil {
		t.Fatal(e.found.what)
	}
	return e
}

// begun returns an exploration with the initial state only.
func begun(t *testing.T, b Bounds) *explorer {
	t.Helper()
	w, err := newWorld(&b)
	if err != nil {
		t.Fatal(err)
	}
	e := newExplorer(w)
	first, err := w.begin()
	if err != nil {
		t.Fatal(err)
	}
	e.visit(first, arrival{})
	return e
}

// TestMoreIsMore: wider bounds add states.
func TestMoreIsMore(t *testing.T) {
	least := Bounds{Name: "least", Clients: 2, Requests: 1, Undo: true}
	states := len(explored(t, least).states)
	for _, more := range []func(*Bounds){
		func(b *Bounds) { b.Requests++ },
		func(b *Bounds) { b.Drops++ },
		func(b *Bounds) { b.LeaderChanges++ },
		func(b *Bounds) { b.Sessions++ },
		func(b *Bounds) { b.Syncs++ },
		func(b *Bounds) { b.Resends++ },
		func(b *Bounds) { b.Reorders++ },
	} {
		b := least
		more(&b)
		if n := len(explored(t, b).states); n <= states {
			t.Errorf("%v: %d states, expected more than the %d of %v", b, n, states, least)
		}
	}
}

func TestBoundsErrors(t *testing.T) {
	for _, b := range []Bounds{
		{Clients: 3, Requests: 1},
		{Clients: 2},
		{Clients: 2, Requests: 1, Sessions: maxSessions},
		{Clients: 2, Requests: 1, Drops: -1},
	} {
		if _, err := Explore(context.Background(), b, Options{}); err == nil || !strings.Contains(err.Error(), "expected") {
			t.Errorf("%+v: error %v, expected one that says what was expected", b, err)
		}
	}
	if _, err := Worlds("tiny"); err == nil {
		t.Error("there is a tier named tiny")
	}
}

func TestGivenUp(t *testing.T) {
	b := Bounds{Name: "given up", Clients: 2, Requests: 1, LeaderChanges: 1, Undo: true}
	r, err := Explore(context.Background(), b, Options{MaxStates: 5000})
	if err != nil || r.Complete || r.States < 5000 {
		t.Errorf("%d states, complete %v, error %v; expected to give up behind 5000", r.States, r.Complete, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Explore(ctx, b, Options{}); err != context.Canceled {
		t.Errorf("error %v, expected %v", err, context.Canceled)
	}
}
