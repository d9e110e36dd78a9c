package sim

import (
	"flag"
	"os"
	"runtime"
	"testing"
)

var (
	seedCount = flag.Int("sim.seeds", defaultSeeds, "seeds per profile")
	firstSeed = flag.Uint64("sim.first", 1, "first seed")
	oneSeed   = flag.Uint64("sim.seed", 0, "replay this seed only")
	profile   = flag.String("sim.profile", "", "run this profile only")
	failFast  = flag.Bool("sim.failfast", false, "stop at the first seed that fails")
	traced    = flag.String("sim.trace", "", "with -sim.seed: write the trace to this file")
)

func profilesToRun(t *testing.T) []Profile {
	if *profile == "" {
		return Profiles()
	}
	p, err := ParseProfile(*profile)
	if err != nil {
		t.Fatal(err)
	}
	return []Profile{p}
}

// TestSeeds runs many seeds of every profile. A failure prints the command that replays it.
func TestSeeds(t *testing.T) {
	if *oneSeed != 0 {
		replay(t)
		return
	}
	for _, p := range profilesToRun(t) {
		count := *seedCount
		if p == Calm {
			count = (count + 3) / 4 // Calm runs have the most operations and the fewest surprises
		}
		t.Run(string(p), func(t *testing.T) { runSeeds(t, p, *firstSeed, count) })
	}
}

func runSeeds(t *testing.T, p Profile, first uint64, count int) {
	var sum Result
	failed := 0
	sweep := Sweep{Profiles: []Profile{p}, First: first, Seeds: count, Parallel: runtime.GOMAXPROCS(0)}
	sweep.Run(t.Context(), func(r *Result) bool {
		sum.Events += r.Events
		sum.Completed += r.Completed
		sum.Unknown += r.Unknown
		sum.Views += r.Views
		sum.NoOps += r.NoOps
		sum.Snapshots += r.Snapshots
		sum.Crashes += r.Crashes
		if len(r.Failures) > 0 {
			failed++
			t.Errorf("%s seed %d: %v\n  replay: go test ./sim -run TestSeeds -sim.profile=%s -sim.seed=%d -sim.trace=/dev/stdout",
				p, r.Config.Seed, r.Failures[0], p, r.Config.Seed)
		}
		return len(r.Failures) == 0 || !*failFast
	})
	t.Logf("%s: %d seeds, %d failed; %d events, %d operations done, %d unknown, %d views, %d no-ops, %d restores, %d crashes",
		p, count, failed, sum.Events, sum.Completed, sum.Unknown, sum.Views, sum.NoOps, sum.Snapshots, sum.Crashes)
}

func replay(t *testing.T) {
	p, err := ParseProfile(*profile)
	if err != nil {
		t.Fatalf("-sim.seed needs -sim.profile: %v", err)
	}
	cfg := Config{Seed: *oneSeed, Profile: p}
	if *traced != "" {
		f, err := os.Create(*traced)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		cfg.Trace = f
	}
	r := Run(cfg)
	for _, f := range r.Plan {
		t.Logf("planned: %v", f)
	}
	t.Logf("%+v", r)
	for _, f := range r.Failures {
		t.Error(f)
	}
}

// TestReplay checks that a seed gives the same run every time.
func TestReplay(t *testing.T) {
	for _, p := range Profiles() {
		a := run(Config{Seed: 7, Profile: p})
		b := run(Config{Seed: 7, Profile: p})
		if a.Hash != b.Hash || a.Events != b.Events {
			t.Errorf("%s: hash %x after %d events, then %x after %d", p, a.Hash, a.Events, b.Hash, b.Events)
		}
	}
}
