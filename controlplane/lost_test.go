package controlplane

import (
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/netordered/nopaxos/controlplane/fabric"
	"github.com/netordered/nopaxos/controlplane/failover"
	"github.com/netordered/nopaxos/controlplane/tables"
)

// A group's tree after the controller has lost the stream to a switch in it.

// transit returns the switches that relay the first group's packets, the root apart.
func (w *world) transit() (switches []int) {
	root := w.root(0)
	for s, copies := range w.tree(0) {
		if s != root && slices.ContainsFunc(copies, fabric.Copy.Relayed) {
			switches = append(switches, s)
		}
	}
	return switches
}

// loseSwitch breaks the stream to a switch, and keeps it broken for longer than the grace. The switch forwards on, or not.
func (w *world) loseSwitch(s int, forwards bool) {
	t := w.targetOf(s)
	w.targets[t].locked = true
	w.lose(t, false)
	if !forwards {
		w.targets[t].tables = tables.New()
	}
	w.tick(failover.DefaultTiming().Grace)
	w.settle()
}

// delivered returns how often each replica of the first group receives a stamped packet.
func (w *world) delivered() map[*fabric.Host]int {
	got, err := w.walker().arrive(portAt(w.root(0), 0), packet{dst: groupA, oum: true, ttl: 64})
	if err != nil {
		w.t.Fatal(err)
	}
	n := map[*fabric.Host]int{}
	for _, d := range got {
		n[d.host]++
	}
	return n
}

// everyTransit runs a test for each switch that a fat-tree's tree leads through.
func everyTransit(t *testing.T, probes bool, test func(t *testing.T, w *world, s int)) {
	for seed := range uint64(4) {
		for n := 0; ; n++ {
			topo := fatTree(4)
			if probes {
				topo.Probe = probeInterval
			}
			w := newFabricWorld(t, rand.New(rand.NewPCG(seed, 0)), topo, 4, groupA)
			w.up()
			w.checkService()
			transit := w.transit()
			if n == len(transit) {
				break
			}
			test(t, w, transit[n])
		}
	}
}

func TestLostStreamKeepsTheTree(t *testing.T) {
	everyTransit(t, true, func(t *testing.T, w *world, s int) {
		before := w.tree(0)
		w.loseSwitch(s, true)
		w.probe(2 * probeMisses)
		if !equalTrees(w.tree(0), before) {
			t.Errorf("the tree changes although switch %d, whose stream is lost, forwards on", s)
		}
		w.checkService()
		// A new session of the same root has the same tree.
		w.loseEntry(0)
		w.tick(failover.DefaultTiming().AuditInterval)
		for t := 1; t < 4; t++ { // so that they are no candidates for now
			w.core.InstallFailed(w.now, t, uint64(w.targets[t].conn), groupA, 0)
		}
		w.settle()
		w.wantRoute(0, 2)
		w.checkService()
		// The switch returns, and nothing has to change.
		w.targets[w.targetOf(s)].locked = false
		w.connect(w.targetOf(s))
		w.settle()
		if !equalTrees(w.tree(0), before) {
			t.Errorf("the tree changes when switch %d returns", s)
		}
		w.checkService()
	})
}

// A lost switch is left out if its links no longer carry, if every replica behind it reports silence, or if its process
// has ended. A fat-tree has another path.
func TestDeadSwitchIsLeftOut(t *testing.T) {
	t.Run("probes", func(t *testing.T) {
		everyTransit(t, true, func(t *testing.T, w *world, s int) {
			w.loseSwitch(s, false)
			w.probe(probeMisses + 1)
			w.checkService()
		})
	})
	t.Run("reports", func(t *testing.T) {
		everyTransit(t, false, func(t *testing.T, w *world, s int) {
			behind := w.behind(s, 0)
			w.loseSwitch(s, false)
			before := w.tree(0)
			for i, r := range behind {
				w.report(w.published[groupA].session, r)
				if last := i == len(behind)-1; !last && !equalTrees(w.tree(0), before) {
					t.Errorf("switch %d is left out although replicas behind it do not report silence", s)
				}
			}
			w.checkService()
		})
	})
	t.Run("ended", func(t *testing.T) {
		everyTransit(t, false, func(t *testing.T, w *world, s int) {
			w.loseSwitch(s, false)
			w.core.Lost(w.now, w.targetOf(s), true)
			w.collect()
			w.settle()
			w.checkService()
		})
	})
}

// A lost switch that forwards on is left out when a cable that carries its copies is cut.
func TestLostSwitchAboveACutLinkIsLeftOut(t *testing.T) {
	everyTransit(t, true, func(t *testing.T, w *world, s int) {
		copies := w.tree(0)[s]
		below := copies[slices.IndexFunc(copies, fabric.Copy.Relayed)]
		link, _ := w.topo.LinkAt(portAt(s, below.Port))
		w.loseSwitch(s, true)
		w.cut[link] = true
		w.probe(probeMisses + 1)
		w.checkService()
	})
}

// A report of one replica does not cut off another.
func TestReportLeavesOthersTheirTree(t *testing.T) {
	everyTransit(t, false, func(t *testing.T, w *world, s int) {
		behind := w.behind(s, 0)
		w.loseSwitch(s, true)
		for r := range 3 {
			if !slices.Contains(behind, r) || len(behind) > 1 {
				w.report(1, r)
				w.checkService()
				return
			}
		}
	})
}

// In any topology, lost streams of switches other than the sequencer cut off no replica.
func TestLostStreamsCutOffNoReplica(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		w := newFabricWorld(t, rng, randomTopology(rng), 1, groupA)
		w.up()
		before := w.delivered()
		for s := range w.topo.Switches {
			if s != w.root(0) && rng.IntN(2) == 0 {
				w.loseSwitch(s, true)
			}
		}
		if after := w.delivered(); !maps.Equal(after, before) {
			t.Fatalf("the sequencer's packets reach %v, want %v as before streams were lost", after, before)
		}
	})
}

// Trees lead around cut links, and through lost switches as they are: never in a circle, and never twice to a replica.
func TestTreesAroundLostSwitches(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		topo := randomTopology(rng)
		topo.Probe = probeInterval
		w := newFabricWorld(t, rng, topo, len(topo.Switches), groupA)
		w.up()
		for range 4 {
			if s := rng.IntN(len(topo.Switches)); w.targets[w.targetOf(s)].stream {
				w.loseSwitch(s, rng.IntN(4) > 0)
			}
			if n := len(topo.Links); n > 0 {
				w.cut[rng.IntN(n)] = true
			}
			for range probeMisses + 1 {
				w.tick(probeInterval)
				w.checkNoCircle()
				for len(w.pending) > 0 {
					i := rng.IntN(len(w.pending))
					w.happen(i)
					w.checkNoCircle()
					w.answer(i)
				}
			}
			for h, n := range w.delivered() {
				if n != 1 {
					t.Fatalf("%s receives every packet %d times", h.Name, n)
				}
			}
			if w.broken != nil {
				t.Fatal(w.broken)
			}
		}
	})
}
