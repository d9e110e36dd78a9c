package controlplane

import (
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// withhold lets everything happen but what one of these targets is told, up to an effect of this kind; -1: none
// comes.
func (w *world) withhold(held func(target int) bool, kind EffectKind) int {
	for i := 0; i < len(w.pending); {
		p := w.pending[i]
		switch {
		case p.Kind == kind:
			return i
		case p.Kind != EffectAllocate && held(p.Target):
			i++
		default:
			w.happen(i)
			w.answer(i)
			i = 0
		}
	}
	return -1
}

// A switch that has no part in the old tree and none in the new one may be as slow as it likes.
func TestBusySwitchHoldsUpNobodyElse(t *testing.T) {
	w := newFabricWorld(t, testRNG(), fatTree(4), 2, groupA)
	w.up()
	w.tick(DefaultTiming().ReportHoldoff)
	f := w.core.fabric
	old := f.groups[0].tree
	next, _ := f.plant(w.core, 0, 1)
	busy := map[int]bool{}
	for s := range f.switches {
		if s > 1 && len(old[s]) == 0 && len(next[s]) == 0 {
			busy[f.targetOf[s]] = true
		}
	}
	for t := range busy {
		w.lose(t, false)
		w.connect(t)
	}
	held := func(t int) bool { return busy[t] }
	w.withhold(func(t int) bool { return busy[t] && w.core.targets[t].step == stepEntries }, 0)
	for r := range 2 {
		w.core.Report(w.now, groupA, 1, r)
	}
	w.collect()
	i := w.withhold(held, EffectInstall)
	if i < 0 {
		t.Fatalf("the next session waits for targets %v, which have nothing to do with it", busy)
	}
	if p := w.pending[i]; p.Target != 1 || p.Session != 2 {
		t.Fatalf("session %d is installed on target %d, want session 2 on target 1", p.Session, p.Target)
	}
	w.happen(i)
	if n := len(w.delivered()); n != 3 {
		t.Errorf("%d replicas get what the next sequencer stamps, want 3", n)
	}
	w.settle()
	w.checkService()
}

// Over any topology, and whichever switches are slow: when a session is installed every replica is below its
// sequencer, and it is installed unless a slow switch has a part in its tree or in the one before.
func TestMakeBeforeBreakWhoeverIsSlow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		topo := randomTopology(rng)
		if len(topo.Switches) < 2 {
			return
		}
		w := newFabricWorld(t, rng, topo, 2, groupA)
		w.up()
		w.tick(DefaultTiming().ReportHoldoff)
		f := w.core.fabric
		old := f.groups[0].tree
		next, _ := f.plant(w.core, 0, 1)
		slow, matters := map[int]bool{}, false
		for s := range f.switches {
			if rng.IntN(3) == 0 {
				slow[f.targetOf[s]] = true
				matters = matters || s < 2 || len(old[s]) > 0 || len(next[s]) > 0
			}
		}
		for r := range 2 {
			w.core.Report(w.now, groupA, 1, r)
		}
		w.collect()
		i := w.withhold(func(t int) bool { return slow[t] }, EffectInstall)
		if i < 0 {
			if !matters {
				t.Fatalf("the next session waits for targets %v, which have nothing to do with it", slow)
			}
			return
		}
		w.happen(i)
		if n := len(w.delivered()); n != 3 {
			t.Fatalf("%d replicas get what the next sequencer stamps, want 3", n)
		}
		w.checkNoCircle()
	})
}
