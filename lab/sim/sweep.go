package sim

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
)

// Sweep runs many seeds.
type Sweep struct {
	Profiles []Profile // every seed runs under each, in this order
	First    uint64    // seed
	Seeds    int       // per profile
	From     int       // number of runs to skip at the start
	Parallel int       // runs at a time; at least 1
}

// Runs returns the number of runs in the sweep.
func (s *Sweep) Runs() int { return max(s.Seeds*len(s.Profiles)-s.From, 0) }

// config returns the configuration of the i-th run.
func (s *Sweep) config(i int) Config {
	return Config{Seed: s.First + uint64(i/len(s.Profiles)), Profile: s.Profiles[i%len(s.Profiles)]}
}

// Run runs the sweep. It passes the results to visit in the order of the seeds, until visit returns false or ctx is
// done.
func (s *Sweep) Run(ctx context.Context, visit func(*Result) bool) {
	ctx, cancel := context.WithCancel(ctx)
	var workers sync.WaitGroup
	defer workers.Wait()
	defer cancel()

	// A job is passed to a worker and queued for delivery, both in order.
	type job struct {
		cfg  Config
		done chan Result
	}
	work := make(chan job)
	inOrder := make(chan job, max(s.Parallel, 1))
	for range max(s.Parallel, 1) {
		workers.Go(func() {
			for j := range work {
				j.done <- Run(j.cfg)
			}
		})
	}
	workers.Go(func() {
		defer close(work)
		defer close(inOrder)
		for i := range s.Runs() {
			j := job{cfg: s.config(s.From + i), done: make(chan Result, 1)}
			select {
			case inOrder <- j:
			case <-ctx.Done():
				return
			}
			select {
			case work <- j:
			case <-ctx.Done():
				return
			}
		}
	})
	for j := range inOrder {
		select {
		case r := <-j.done:
			if !visit(&r) {
				return
			}
		case <-ctx.Done():
			return
		}
	}
}

// Run runs one seed. A panic of a core is a failure of the seed.
func Run(cfg Config) (r Result) {
	defer func() {
		if v := recover(); v != nil {
			r.Config = cfg
			r.Failures = append(r.Failures, Failure{Node: "world", What: fmt.Sprintf("panic: %v\n%s", v, debug.Stack())})
		}
	}()
	return run(cfg)
}
