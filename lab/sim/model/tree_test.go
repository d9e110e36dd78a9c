package model

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

func TestTreeHasThePapersSize(t *testing.T) {
	if hosts != 2560 || switches != 119 {
		t.Errorf("%d hosts and %d switches, expected 2560 and 119", hosts, switches)
	}
}

func TestPlacesAndAddresses(t *testing.T) {
	for _, at := range []place{0, 255, 256, hosts - 1, firstSwitch, firstSwitch + 1} {
		if got := placeOf(at.address()); got != at {
			t.Errorf("place %d has address %v, the address of place %d", at, at.address(), got)
		}
	}
}

// TestSequencerIsNoShortcut checks that no path through a sequencer is shorter than the shortest path or longer than
// one through the core.
func TestSequencerIsNoShortcut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		spread := rapid.SampledFrom([]int{hostsPerEdge, hostsPerPod, hosts}).Draw(t, "spread")
		client := place(rng.IntN(hosts))
		var group []place
		for range 5 {
			at := place(rng.IntN(spread))
			for at == client {
				at = place(rng.IntN(spread))
			}
			group = append(group, at)
		}
		for _, to := range group {
			direct, through := links(client, to), linksThrough(client, group, to)
			if through < direct || through > crossing || links(to, client) != direct {
				t.Fatalf("from %d to %d: %d links, through the sequencer of %v %d", client, to, direct, group, through)
			}
		}
	})
}

// TestStretch checks that a detour occurs only if most of the group, but not all of it, is in the client's pod.
func TestStretch(t *testing.T) {
	s := &study{cfg: Config{Seed: 1, Scale: Scale{Groups: 200_000}}}
	got := s.stretchOf(5, rand.New(rand.NewPCG(1, 1))).Same
	const near = float64(hostsPerPod-1) / (hosts - 1)
	added := 10*math.Pow(near, 3)*math.Pow(1-near, 2) + 5*math.Pow(near, 4)*(1-near)
	if math.Abs(got-(1-added)) > 0.001 {
		t.Errorf("nothing is added for %.4f of the groups, expected about %.4f", got, 1-added)
	}
}
