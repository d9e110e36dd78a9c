package controlplane

import (
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/netordered/nopaxos/monotime"

	"github.com/netordered/nopaxos/controlplane/failover"
	"github.com/netordered/nopaxos/controlplane/tables"
)

// Under any crashes of controller and sequencers, lost connections, lost and late answers, and reports: the numbers
// sent grow, each is durable before, no number is installed twice, none is published for two sequencers or without
// being installed, routes never go back (world checks all of these at every step), and once the faults stop every group
// is served.
func TestSessionNumbersUnderRandomFaults(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		groups := []uint32{groupA, groupB}[:rapid.IntRange(1, 2).Draw(t, "groups")]
		w := newWorld(t, rapid.IntRange(1, 3).Draw(t, "targets"), groups...)
		// rapid prefers small numbers, which here would mean the first steps of the list and few of them. So it draws a
		// seed, and the length that a failing run needs.
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		if rng.IntN(2) == 0 {
			w.up()
		}
		steps := 400 - rapid.IntRange(0, 399).Draw(t, "fewer steps")
		for range steps {
			w.step(rng, weighted[rng.IntN(len(weighted))])
			if w.broken != nil {
				t.Fatal(w.broken)
			}
		}
		w.heal()
		for i, g := range w.core.Status().Groups {
			if g.Phase != "active" {
				t.Fatalf("group %d is %s after the faults stopped", i, g.Phase)
			}
			if got := w.targets[g.Target].entries[g.Number]; got.Session != g.Session {
				t.Fatalf("group %d is served in session %d, and target %d has %+v", i, g.Session, g.Target, got)
			}
			if got, want := w.published[g.Number], (publication{g.Target, g.Session}); got != want {
				t.Fatalf("group %d is published as %+v, want %+v", i, got, want)
			}
		}
	})
}

// weighted has every step as often as its weight: progress more often than faults.
var weighted = func() (steps []string) {
	for _, s := range []struct {
		name   string
		weight int
	}{
		{"answer", 16},
		{"happen", 3},
		{"lose answer", 1},
		{"settle", 3},
		{"connect", 4},
		{"lose stream", 1},
		{"kill", 1},
		{"restart", 3},
		{"crash", 1},
		{"lose entry", 1},
		{"replace pipeline", 1},
		{"report", 3},
		{"tick", 2},
		{"deadline", 3},
	} {
		for range s.weight {
			steps = append(steps, s.name)
		}
	}
	return steps
}()

func (w *world) step(rng *rand.Rand, name string) {
	i := rng.IntN(len(w.targets))
	tg := w.targets[i]
	switch name {
	case "answer":
		w.somePending(rng, func(i int) {
			w.happen(i)
			w.answer(i)
		})
	case "happen":
		w.somePending(rng, w.happen)
	case "lose answer":
		w.somePending(rng, func(i int) {
			w.pending[i].done, w.pending[i].ok = true, false
			w.answer(i)
		})
	case "settle":
		w.settle()
	case "connect":
		w.connect(i)
	case "lose stream":
		if tg.stream {
			w.lose(i, rng.IntN(2) == 0)
		}
	case "kill":
		w.kill(i)
	case "restart":
		w.restart(i)
	case "crash":
		w.crash()
	case "lose entry":
		w.loseEntry(i)
	case "replace pipeline":
		tg.pipeline, tg.entries, tg.tables = false, map[uint32]failover.SequenceEntry{}, tables.New()
	case "report":
		session := w.durable[groupA] - min(uint32(rng.IntN(3)), w.durable[groupA])
		w.core.Report(w.now, groupA, session, rng.IntN(3))
		w.collect()
	case "tick":
		w.tick(time.Duration(rng.IntN(200)) * time.Millisecond)
	case "deadline":
		if at := w.core.Deadline(); at != monotime.Never {
			w.tick(max(0, at-w.now))
		}
	}
}

// loseEntry takes the sequence entry of groupA from a target.
func (w *world) loseEntry(t int) {
	tg := w.targets[t]
	delete(tg.entries, groupA)
	if tg.tables != nil {
		delete(tg.tables.Entries, tables.GroupKey(groupA, tables.Unstamped))
	}
}

// somePending applies f to one of the pending effects.
func (w *world) somePending(rng *rand.Rand, f func(i int)) {
	if n := len(w.pending); n > 0 {
		f(rng.IntN(n))
	}
}

// heal ends the faults and gives the controller time.
func (w *world) heal() {
	for range 10 {
		for t := range w.targets {
			w.restart(t)
			w.connect(t)
		}
		w.settle()
		w.tick(time.Second)
		w.settle()
	}
}

// After a tick at its deadline a core has a later deadline, or none: a loop that sleeps until the deadline never spins.
func TestDeadlineMovesOn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t, 2, groupA, groupB)
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		for range 200 {
			w.step(rng, weighted[rng.IntN(len(weighted))])
			w.tick(0)
			if at := w.core.Deadline(); at <= w.now {
				t.Fatalf("ticked at %v, and the deadline is %v", w.now, at)
			}
		}
	})
}
