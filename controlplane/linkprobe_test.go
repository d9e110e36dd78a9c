package controlplane

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// triangle is three switches, each linked to the others, with two hosts each. Links: 0 is s0 - s1, 1 is s0 - s2,
// 2 is s1 - s2.
func triangle() *Topology {
	t := &testTopology{}
	for range 3 {
		s := t.addSwitch()
		t.addHost(s)
		t.addHost(s)
	}
	t.link(0, 1)
	t.link(0, 2)
	t.link(1, 2)
	return &t.Topology
}

// newTriangle has a replica at each switch of a triangle.
func newTriangle(t *testing.T, probe time.Duration) *world {
	for seed := uint64(0); ; seed++ {
		topo := triangle()
		topo.Probe = probe
		w := newFabricWorld(t, rand.New(rand.NewPCG(seed, 0)), topo, 3, groupA)
		at := map[int]bool{}
		for _, h := range w.core.fabric.hosts[0] {
			at[h.At.Switch] = true
		}
		if len(at) == 3 {
			return w
		}
	}
}

// In a small network most links fail with one switch, and that is what is believed: nobody else loses anything.
func TestTriangle(t *testing.T) {
	for _, tt := range []struct {
		name string
		cut  []int
		dead int   // switch that forwards nothing, and whose stream is lost; -1: none
		want []int // links that are found cut
		root int
	}{
		{"a cable of the sequencer", []int{0}, -1, []int{0}, 0},
		{"the cable opposite", []int{2}, -1, []int{2}, 0},
		{"both cables of the sequencer", []int{0, 1}, -1, []int{0, 1}, 1},
		{"both cables of another", []int{0, 2}, -1, []int{0, 2}, 0},
		{"all", []int{0, 1, 2}, -1, nil, 0},
		{"a dead switch", nil, 1, []int{0, 2}, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newTriangle(t, probeInterval)
			w.up()
			w.wantRoute(0, 1)
			for _, l := range tt.cut {
				w.cut[l] = true
			}
			if tt.dead >= 0 {
				w.loseSwitch(tt.dead, false)
			}
			w.probe(2 * probeMisses)
			var got []int
			for i, cut := range w.core.fabric.health.cut {
				if cut {
					got = append(got, i)
				}
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("links %v count as cut, want %v", got, tt.want)
			}
			if p := w.published[groupA]; p.target != tt.root {
				t.Errorf("the sequencer is switch %d, want %d", p.target, tt.root)
			}
		})
	}
}

// Most links of a network fail at once, again and again, and never the same: the machine is overloaded. Those that
// are cut are found all the same.
func TestOverloadIsNoCutLink(t *testing.T) {
	topo := fatTree(4)
	topo.Probe = probeInterval
	w := newFabricWorld(t, testRNG(), topo, 4, groupA)
	w.up()
	rng := testRNG()
	const cut = 5
	for range 100 {
		for i := range topo.Links {
			w.cut[i] = i == cut || rng.IntN(5) < 3
		}
		w.probe(1)
		for i, got := range w.core.fabric.health.cut {
			if got && i != cut {
				t.Fatalf("link %d counts as cut, and was not", i)
			}
		}
	}
	if !w.core.fabric.health.cut[cut] {
		t.Errorf("link %d does not count as cut", cut)
	}
}

// A link that comes and goes is left out for longer each time; and however it fails, its state changes a number of
// times that hardly grows.
func TestFlappingLinkIsLeftOut(t *testing.T) {
	const rounds = 4000
	// A cut takes probeMisses rounds, its end probeHits<<n.
	most := uint64(2 * (maxProbeDoublings + rounds/(probeHits<<maxProbeDoublings) + 1))
	changes := func(t reporter, carries func(round int) bool) uint64 {
		topo := fatTree(2)
		topo.Probe = probeInterval
		w := newFabricWorld(t, testRNG(), topo, 1, groupA)
		w.up()
		for round := range rounds {
			f := w.core.fabric
			w.tick(probeInterval)
			w.pending = w.pending[:0]
			for i := range f.links {
				f.links[i].asked, f.links[i].seen = true, i > 0 || carries(round)
			}
		}
		return w.core.fabric.cuts
	}
	t.Run("in step", func(t *testing.T) {
		period := probeMisses + probeHits
		got := changes(t, func(round int) bool { return round%period >= probeMisses })
		if got > most || got < 2 {
			t.Errorf("a link that flaps was found cut or whole %d times in %d rounds, want 2 to %d", got, rounds, most)
		}
	})
	t.Run("randomly", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
			carries, left := true, 0
			got := changes(t, func(int) bool {
				if left--; left <= 0 {
					carries, left = !carries, 1+rng.IntN(40)
				}
				return carries
			})
			if got > most {
				t.Fatalf("a link that flaps was found cut or whole %d times in %d rounds, want at most %d", got, rounds, most)
			}
		})
	})
}

// A link that failed once and has carried for long since counts as one that never failed.
func TestCalmLinkIsForgiven(t *testing.T) {
	topo := fatTree(2)
	topo.Probe = probeInterval
	w := newFabricWorld(t, testRNG(), topo, 1, groupA)
	w.up()
	for range 3 {
		w.cut[0] = true
		w.probe(probeMisses + 1)
		w.cut[0] = false
		w.probe(probeHits + 1)
		if w.core.fabric.health.cut[0] {
			t.Fatal("a link that carries again counts as cut for longer than the first time")
		}
		w.probe(probeCalm)
	}
}

// A sequencer that is severed again and again is held on to longer each time.
func TestFlappingSequencerKeepsItsSessions(t *testing.T) {
	w := newTriangle(t, 0) // the test cuts links itself
	w.up()
	hold := DefaultTiming().ReportHoldoff
	w.tick(hold)
	w.settle()
	f := w.core.fabric
	for n := range 4 {
		root := f.groups[0].root
		began := w.now
		for i, l := range w.cfg.Topology.Links {
			f.health.cut[i] = l.A.Switch == root || l.B.Switch == root
		}
		f.reroute(w.core)
		w.tick(0)
		w.settle()
		if want := time.Duration(0); n > 0 {
			want = hold << n
			if w.published[groupA].session != uint32(n+1) {
				t.Fatalf("session %d is given up after %v, want not before %v", n+1, w.now-began, want)
			}
			if at := w.core.Deadline(); at != began+want {
				t.Fatalf("the core wants a tick at %v, want %v", at, began+want)
			}
			w.tick(want)
			w.settle()
		}
		if got := w.published[groupA]; got.session != uint32(n+2) || got.target == root {
			t.Fatalf("published %+v, want session %d elsewhere", got, n+2)
		}
	}
}
