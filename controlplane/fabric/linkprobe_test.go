package fabric

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// newLine is a fabric of five switches in a line, whose links are probed.
func newLine() *Fabric {
	topo := &Topology{Probe: 100 * time.Millisecond}
	for s := range 5 {
		topo.Switches = append(topo.Switches, Switch{Name: fmt.Sprintf("s%d", s), Probes: true})
		if s > 0 {
			topo.Links = append(topo.Links, Link{A: Port{s - 1, 2}, B: Port{s, 1}})
		}
	}
	f := New(topo, nil)
	f.Start(0, 0)
	return f
}

// nextRound ends a round of probes when it is due, and begins the next from all switches.
func (f *Fabric) nextRound() { f.Probe(f.probeAt, func(int) bool { return true }) }

// A probe counts for the link at the port that it returns to, in its round and the next.
func TestLateProbeCounts(t *testing.T) {
	f := newLine()
	for range 3 {
		f.nextRound()
	}
	at := f.topo.Links[0].B
	for _, tt := range []struct {
		from  Port
		round uint64
		want  bool
	}{
		{at, f.round, true},
		{at, f.round - 1, true},
		{at, f.round - 2, false},
		{at, f.round + 1, false},
		{Port{at.Switch, 0xFFF}, f.round, false},
		{Port{None, at.Number}, f.round, false},
	} {
		f.links[0].seen = false
		f.ProbeSeen(tt.from, tt.round)
		if f.links[0].seen != tt.want {
			t.Errorf("in round %d a probe of round %d at port %v counts: %v, want %v", f.round, tt.round, tt.from, f.links[0].seen, tt.want)
		}
	}
}

// A link that flaps is left out for longer each time: however it fails, the number of its state changes hardly grows.
func TestFlappingLinkIsLeftOut(t *testing.T) {
	const (
		rounds = 4000
		misses = probeLimit / probeMiss // rounds in a row that cut a link
		// A cut takes misses rounds, its end probeHits<<n.
		most = 2 * (maxProbeDoublings + rounds/(probeHits<<maxProbeDoublings) + 1)
	)
	changes := func(carries func(round int) bool) uint64 {
		f := newLine()
		for round := range rounds {
			f.nextRound()
			for i := range f.links {
				f.links[i].seen = i > 0 || carries(round)
			}
		}
		return f.cuts
	}
	t.Run("in step", func(t *testing.T) {
		const period = misses + probeHits
		got := changes(func(round int) bool { return round%period >= misses })
		if got > most || got < 2 {
			t.Errorf("a link that flaps was found cut or whole %d times in %d rounds, want 2 to %d", got, rounds, most)
		}
	})
	t.Run("randomly", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
			carries, left := true, 0
			got := changes(func(int) bool {
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
