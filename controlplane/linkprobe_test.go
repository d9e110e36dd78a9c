package controlplane

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/netordered/nopaxos/controlplane/fabric"
	"github.com/netordered/nopaxos/controlplane/failover"
)

// triangle is three switches, each linked to the others, with two hosts each. Links: 0 is s0 - s1, 1 is s0 - s2, 2 is
// s1 - s2.
func triangle() *fabric.Topology {
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
		for _, r := range w.groups[0].Replicas {
			at[topo.HostAt(r.Addr()).At.Switch] = true
		}
		if len(at) == 3 {
			return w
		}
	}
}

// In a small network most links fail with one switch, and the controller concludes just that: no other link counts as
// cut.
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
			for i, cut := range w.fabric.Cut() {
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

// Most links of a network lose probes at once, again and again, but not the same ones: the machine is overloaded. A
// link that is cut is found nevertheless.
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
		for i, got := range w.fabric.Cut() {
			if got && i != cut {
				t.Fatalf("link %d counts as cut, and was not", i)
			}
		}
	}
	if !w.fabric.Cut()[cut] {
		t.Errorf("link %d does not count as cut", cut)
	}
}

// A link that failed once and has carried for long since then counts as one that never failed.
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
		if w.fabric.Cut()[0] {
			t.Fatal("a link that carries again counts as cut for longer than the first time")
		}
		w.probe(probeCalm)
	}
}

// A sequencer that is severed again and again keeps its session longer each time.
func TestFlappingSequencerKeepsItsSessions(t *testing.T) {
	const round = time.Millisecond
	w := newTriangle(t, round)
	w.up()
	hold := failover.DefaultTiming().ReportHoldoff
	w.tick(hold)
	w.settle()
	for n := range 4 {
		before, began := w.published[groupA], w.now
		for i, l := range w.topo.Links { // targets are in the order of the switches
			w.cut[i] = l.A.Switch == before.target || l.B.Switch == before.target
		}
		for w.published[groupA] == before {
			w.tick(round)
			w.settle()
			if w.now-began > time.Minute {
				t.Fatalf("session %d is not given up", before.session)
			}
		}
		if got := w.published[groupA]; got.session != uint32(n+2) || got.target == before.target {
			t.Fatalf("published %+v, want session %d elsewhere", got, n+2)
		}
		held := w.now - began
		if n == 0 && held > (probeMisses+1)*round || n > 0 && held != hold<<n {
			t.Errorf("session %d is given up after %v, want as soon as the links are found cut, and %v after it began at the earliest", n+1, held, hold<<n)
		}
	}
}
