package worlds

import (
	"strings"
	"testing"
)

// TestWaysAreReal: the path to a state can be replayed. New cores with the inputs on it reach the states on it,
// and every message that arrives was sent before.
func TestWaysAreReal(t *testing.T) {
	for _, b := range []Bounds{
		{Name: "leader", Clients: 2, Requests: 1, Drops: 1, LeaderChanges: 1, Undo: true},
		{Name: "session", Clients: 2, Requests: 1, Drops: 1, Sessions: 1, Undo: true},
		{Name: "restart", Clients: 1, Requests: 1, Syncs: 1, Restarts: 1, Undo: true},
	} {
		e := explored(t, b)
		const paths = 40
		for k := range paths {
			w, err := e.pathTo(uint32(len(e.states)-1-k*len(e.states)/paths), nil)
			if err != nil {
				t.Fatal(err)
			}
			if !goes(t, w) {
				t.Fatalf("%v:\n%s", b, strings.Join(w.lines(), "\n"))
			}
		}
	}
}

// goes replays a path with new replicas.
func goes(t *testing.T, w *path) bool {
	t.Helper()
	var nodes [replicas]*node
	sent := map[inFlight]bool{}
	for i := range nodes {
		nodes[i] = w.atlas.wake(w.places[w.explorer.states[0].places[i]].local)
	}
	for _, a := range w.acts {
		if a.node < 0 {
			continue
		}
		var did *effects
		switch {
		case a.boots:
			nodes[a.node], did = boot(w.bounds, &w.inputs, a.node, nodes[a.node].record)
		default:
			in := &w.inputs.all[a.input]
			if in.kind == inputFrame && !sent[inFlight{a.node, a.input}] {
				t.Errorf("replica-%d %s, which was not sent", a.node, a.what)
				return false
			}
			did = nodes[a.node].give(in)
		}
		for to, frames := range did.sends {
			for _, f := range frames {
				sent[inFlight{to, f}] = true
			}
		}
		if l := &w.atlas.locals[w.atlas.outcomes[a.outcome].to]; did.failure != "" || nodes[a.node].fingerprint() != l.print {
			t.Errorf("replica-%d %s, and becomes something else (%s)", a.node, a.what, did.failure)
			return false
		}
	}
	return true
}

// TestTraceReads: a path is printed act by act, with the messages sent in each.
func TestTraceReads(t *testing.T) {
	e := explored(t, Bounds{Name: "calm", Clients: 1, Requests: 1, Undo: true})
	w, err := e.pathTo(uint32(len(e.states)-1), nil)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Join(w.lines(), "\n")
	for _, want := range []string{
		"client-0 calls op1.1, which is stamped 1/2",
		"replica-0 gets 1/2 REQUEST c1#1 low=1 op1.1",
		"    to client-0: REPLY <0,1> slot=2 c1#1 ok",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the path\n%s\nlacks %q", text, want)
		}
	}
}
