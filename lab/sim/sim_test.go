package sim

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
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

// TestSeeds runs many seeds of every profile. A failure prints how to replay it.
func TestSeeds(t *testing.T) {
	if *oneSeed != 0 {
		replay(t)
		return
	}
	for _, p := range profilesToRun(t) {
		count := *seedCount
		if p == Calm {
			count = (count + 3) / 4 // a calm run has the most operations, and the fewest surprises
		}
		t.Run(string(p), func(t *testing.T) { runSeeds(t, p, *firstSeed, count) })
	}
}

func runSeeds(t *testing.T, p Profile, first uint64, count int) {
	results := make([]Result, count)
	var next atomic.Int64
	var stop atomic.Bool
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= count || stop.Load() {
					return
				}
				results[i] = runGuarded(Config{Seed: first + uint64(i), Profile: p})
				if *failFast && len(results[i].Failures) > 0 {
					stop.Store(true)
				}
			}
		})
	}
	wg.Wait()
	var sum Result
	failed := 0
	for i := range results {
		r := &results[i]
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
	}
	t.Logf("%s: %d seeds, %d failed; %d events, %d operations done, %d unknown, %d views, %d no-ops, %d restores, %d crashes",
		p, count, failed, sum.Events, sum.Completed, sum.Unknown, sum.Views, sum.NoOps, sum.Snapshots, sum.Crashes)
}

// runGuarded turns a panic of a core into a failure of its seed.
func runGuarded(cfg Config) (r Result) {
	defer func() {
		if v := recover(); v != nil {
			stack := make([]byte, 4<<10)
			stack = stack[:runtime.Stack(stack, false)]
			r.Config = cfg
			r.Failures = append(r.Failures, Failure{What: fmt.Sprintf("panic: %v\n%s", v, stack)})
		}
	}()
	return Run(cfg)
}

func replay(t *testing.T) {
	p, err := ParseProfile(*profile)
	if err != nil {
		t.Fatalf("-sim.seed wants -sim.profile: %v", err)
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
	r := runGuarded(cfg)
	for _, f := range r.Plan {
		t.Logf("planned: %v", f)
	}
	t.Logf("%+v", r)
	for _, f := range r.Failures {
		t.Error(f)
	}
}

// TestReplay: a seed is the same run every time, traced or not.
func TestReplay(t *testing.T) {
	for _, p := range Profiles() {
		a := Run(Config{Seed: 7, Profile: p})
		b := Run(Config{Seed: 7, Profile: p})
		if a.Hash != b.Hash || a.Events != b.Events {
			t.Errorf("%s: hash %x after %d events, then %x after %d", p, a.Hash, a.Events, b.Hash, b.Events)
		}
	}
}
