package controlplane

import (
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"github.com/netordered/nopaxos/controlplane/failover"
)

// withhold lets all pending effects happen but those that are held, up to one of this kind; -1: none occurs.
func (w *world) withhold(held func(p pending) bool, kind failover.EffectKind) int {
	for i := 0; i < len(w.pending); {
		p := w.pending[i]
		switch {
		case p.Kind == kind:
			return i
		case p.Kind != failover.EffectAllocate && held(p):
			i++
		default:
			w.happen(i)
			w.answer(i)
			i = 0
		}
	}
	return -1
}

// A switch with no part in the old tree and the new one delays no session, however slow it is.
func TestBusySwitchDelaysNoOther(t *testing.T) {
	w := newFabricWorld(t, testRNG(), fatTree(4), 2, groupA)
	w.up()
	w.tick(failover.DefaultTiming().ReportHoldoff)
	old, next := w.tree(0), w.treeFrom(0, 1)
	busy := map[int]bool{}
	for s := range w.topo.Switches {
		if s > 1 && len(old[s]) == 0 && len(next[s]) == 0 {
			busy[w.targetOf(s)] = true
		}
	}
	for t := range busy {
		w.lose(t, false)
		w.connect(t)
	}
	held := func(p pending) bool { return busy[p.Target] }
	w.withhold(func(p pending) bool { return busy[p.Target] && p.Kind == failover.EffectReadEntries }, 0)
	for r := range 2 {
		w.core.Report(w.now, groupA, 1, r)
	}
	w.collect()
	i := w.withhold(held, failover.EffectInstall)
	if i < 0 {
		t.Fatalf("the next session waits for targets %v, which have no part in it", busy)
	}
	if p := w.pending[i]; p.Target != 1 || p.Session != 2 {
		t.Fatalf("session %d is installed on target %d, want session 2 on target 1", p.Session, p.Target)
	}
	w.happen(i)
	if n := len(w.delivered()); n != 3 {
		t.Errorf("%d replicas receive packets of the next sequencer, want 3", n)
	}
	w.settle()
	w.checkService()
}

// Over any topology, whichever switches are slow: when a session is installed its tree reaches every replica, and it is
// installed unless a slow switch has a part in its tree or in the previous one.
func TestMakeBeforeBreakWithSlowSwitches(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		topo := randomTopology(rng)
		if len(topo.Switches) < 2 {
			return
		}
		w := newFabricWorld(t, rng, topo, 2, groupA)
		w.up()
		w.tick(failover.DefaultTiming().ReportHoldoff)
		old, next := w.tree(0), w.treeFrom(0, 1)
		slow, matters := map[int]bool{}, false
		for s := range w.topo.Switches {
			if rng.IntN(3) == 0 {
				slow[w.targetOf(s)] = true
				matters = matters || s < 2 || len(old[s]) > 0 || len(next[s]) > 0
			}
		}
		for r := range 2 {
			w.core.Report(w.now, groupA, 1, r)
		}
		w.collect()
		i := w.withhold(func(p pending) bool { return slow[p.Target] }, failover.EffectInstall)
		if i < 0 {
			if !matters {
				t.Fatalf("the next session waits for targets %v, which have no part in it", slow)
			}
			return
		}
		w.happen(i)
		if n := len(w.delivered()); n != 3 {
			t.Fatalf("%d replicas receive packets of the next sequencer, want 3", n)
		}
		w.checkNoCircle()
	})
}
