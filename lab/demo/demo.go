package demo

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/netordered/nopaxos/internal/devcluster"
	"github.com/netordered/nopaxos/internal/wait"
	"github.com/netordered/nopaxos/lab/load"
)

// config configures a run.
type config struct {
	cluster  devcluster.Config // runDemo sets FaultInjection
	duration time.Duration     // of the load
	seed     uint64            // of keys and operations
	workers  int               // on each of the two paths
	progress io.Writer         // gets a line a second, overwritten if it is a terminal
}

// MinDuration is the shortest load that has time for every fault.
const MinDuration = 7 * time.Second

// roundLength bounds one round of all faults; a longer load has several rounds.
const roundLength = time.Minute

// warmUp is the time before the first fault of a round, in units of the time that each fault gets.
const warmUp = 1

// check returns a *devcluster.ConfigError if a setting is wrong, except for the cluster's, which
// devcluster.Start checks.
func (c config) check() error {
	switch {
	case c.duration < MinDuration:
		return &devcluster.ConfigError{Name: "duration", Value: c.duration, Expected: fmt.Sprintf("at least %v, the time for every fault", MinDuration)}
	case c.workers < 1 || c.workers > load.MaxWorkers:
		return &devcluster.ConfigError{Name: "workers", Value: c.workers, Expected: fmt.Sprintf("1 to %d", load.MaxWorkers)}
	}
	return nil
}

// run is one run of the demo.
type run struct {
	cfg      config
	cluster  *devcluster.Cluster
	load     *load.Load
	news     *news
	saboteur *saboteur
	faults   []load.Fault
	memory   memory
}

// runDemo starts a cluster, loads it, breaks it, and reports the outcome. It fails only if it has no report: the
// cluster did not start, or ctx was done. A report of violations is no error.
func runDemo(ctx context.Context, cfg config) (out *report, err error) {
	cfg.cluster.FaultInjection = true
	fmt.Fprintln(cfg.progress, "starting the cluster")
	c, err := devcluster.Start(ctx, cfg.cluster)
	if err != nil {
		return nil, err
	}
	defer func() {
		c.Stop()
		if ctx.Err() == nil && (err != nil || !out.OK) {
			fmt.Fprintln(cfg.progress, "the roles' logs are in", c.Dir())
			return
		}
		err = errors.Join(err, c.Remove())
	}()
	l, err := load.Begin(ctx, load.Config{File: c.File(), Seed: cfg.seed, Workers: cfg.workers})
	if err != nil {
		return nil, err
	}
	r := &run{cfg: cfg, cluster: c, load: l, saboteur: &saboteur{cluster: c}}
	r.news = newNews(r)
	return r.drive(ctx)
}

// drive breaks the cluster under its load, then reports.
func (r *run) drive(ctx context.Context) (*report, error) {
	showCtx, stopShowing := context.WithCancel(ctx)
	defer stopShowing()
	var showing sync.WaitGroup
	showing.Go(func() { r.news.show(showCtx) })
	problem := r.sabotage(ctx)
	stopShowing()
	showing.Wait()
	of, err := r.load.End(ctx)
	if err != nil {
		return nil, err
	}
	of.Faults = append(of.Faults, r.faults...)
	if problem != nil {
		of.Fail(problem.Error())
	}
	r.memory.read(r.cluster.Status(ctx), last)
	f := r.cluster.File()
	return &report{Report: *of, Memory: r.memory, Replicas: len(f.Groups[0].Replicas), Sequencers: len(f.Sequencers)}, nil
}

// sabotage carries out the faults while the load runs. It fails if the cluster does not recover from one.
func (r *run) sabotage(ctx context.Context) error {
	steps := r.saboteur.steps()
	rounds := max(1, int(r.cfg.duration/roundLength))
	turn := r.cfg.duration / time.Duration(rounds*(len(steps)+warmUp))
	for round := range rounds {
		if err := wait.For(ctx, turn); err != nil {
			return err
		}
		if round == 0 {
			r.memory.read(r.cluster.Status(ctx), first)
		}
		r.load.Mark()
		for _, s := range steps {
			if err := r.fault(ctx, s, turn); err != nil {
				return err
			}
		}
		r.memory.read(r.cluster.Status(ctx), later)
	}
	return nil
}

// fault carries out one step and records the longest gap in service until the next.
func (r *run) fault(ctx context.Context, s step, turn time.Duration) error {
	// During a view change there is no leader to kill.
	before, err := r.cluster.Await(ctx, recoveryPatience, serving)
	if err != nil {
		return fmt.Errorf("before %s: %w", s.name, err)
	}
	r.load.Mark()
	started := time.Now()
	detail, err := s.do(ctx, before)
	if err != nil {
		return fmt.Errorf("%s: %w", s.name, err)
	}
	name := s.name
	if detail != "" {
		name += " (" + detail + ")"
	}
	r.news.event(name)
	_, err = r.cluster.Await(ctx, recoveryPatience, s.over)
	err = cmp.Or(err, wait.For(ctx, turn-time.Since(started)))
	gap := r.load.Mark()
	r.faults = append(r.faults, load.NewFault(name, gap))
	if err != nil {
		return fmt.Errorf("%s: %w", s.name, err)
	}
	return nil
}
