package sim

import (
	"context"
	"testing"
	"time"
)

// TestShrinkKeepsWhatFails checks that only the faults that cause a failure are left of a plan. A sequencer that is
// stuck for good is such a fault: it outlasts the liveness bound.
func TestShrinkKeepsWhatFails(t *testing.T) {
	s := draw(3, Calm)
	forGood := []Fault{
		{At: 10 * time.Millisecond, Kind: loseNext, Node: 0, Arg: 1},
		{At: 20 * time.Millisecond, Kind: deaf, Node: 0},
		{At: 25 * time.Millisecond, Kind: pause, Node: 1, For: 2 * time.Millisecond},
	}
	for i := range s.sequencers {
		forGood = append(forGood, Fault{At: 30 * time.Millisecond, Kind: stuck, Node: i})
	}
	r := Shrink(context.Background(), Config{Seed: 3, Profile: Calm, Faults: forGood}, func(int) {})
	if len(r.Failures) == 0 {
		t.Fatal("the run does not fail although every sequencer is stuck")
	}
	if len(r.Plan) != s.sequencers {
		t.Errorf("%d faults are left, want the %d stuck sequencers: %v", len(r.Plan), s.sequencers, r.Plan)
	}
	for _, f := range r.Plan {
		if f.Kind != stuck {
			t.Errorf("%v is left, but the run fails without it", f)
		}
	}
	again := run(Config{Seed: 3, Profile: Calm, Faults: r.Plan})
	if len(again.Failures) == 0 || again.Hash != r.Hash {
		t.Errorf("the shrunk plan gives hash %x, then %x, with failures %v", r.Hash, again.Hash, again.Failures)
	}
}

// TestSweepIsInOrder checks that results arrive in the order of the seeds, for any number of workers.
func TestSweepIsInOrder(t *testing.T) {
	run := func(parallel int) (hashes []uint64) {
		s := Sweep{Profiles: []Profile{Lossy, Failover}, First: 3, Seeds: 4, From: 1, Parallel: parallel}
		s.Run(context.Background(), func(r *Result) bool {
			hashes = append(hashes, r.Hash)
			return len(hashes) < 6
		})
		return hashes
	}
	one, three := run(1), run(3)
	if len(one) != 6 || len(three) != 6 {
		t.Fatalf("%d and %d results, want 6 each", len(one), len(three))
	}
	for i := range one {
		if one[i] != three[i] {
			t.Errorf("result %d has hash %x with one worker, %x with three", i, one[i], three[i])
		}
	}
	if want := Run(Config{Seed: 3, Profile: Failover}).Hash; one[0] != want {
		t.Errorf("the first result has hash %x, want that of failover seed 3, %x", one[0], want)
	}
}
