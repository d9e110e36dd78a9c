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

// Config configures Run.
type Config struct {
	Cluster  devcluster.Config // Run sets FaultInjection
	Duration time.Duration     // of the load; default 35 s
	Seed     uint64            // of keys and operations
	Workers  int               // on each of the two paths; default 8
	Progress io.Writer         // gets a line a second, written over if it is a terminal; default discarded
}

// MinDuration is the shortest load that has time for every fault.
const MinDuration = 7 * time.Second

// roundLength bounds one round of all faults; a longer load has several rounds.
const roundLength = time.Minute

// warmUp is the time before the first fault of a round, in units of the time that each fault gets.
const warmUp = 1

func (c Config) withDefaults() (Config, error) {
	c.Duration = cmp.Or(c.Duration, 35*time.Second)
	c.Workers = cmp.Or(c.Workers, 8)
	if c.Progress == nil {
		c.Progress = io.Discard
	}
	if err := c.Check(); err != nil {
		return c, err
	}
	c.Cluster.FaultInjection = true
	return c, nil
}

// Check returns a *devcluster.ConfigError if a setting is wrong. Defaults must be filled in. The cluster's
// settings are checked by devcluster.Start.
func (c Config) Check() error {
	switch {
	case c.Duration < MinDuration:
		return &devcluster.ConfigError{Name: "duration", Value: c.Duration, Expected: fmt.Sprintf("at least %v: every fault has its turn", MinDuration)}
	case c.Workers < 1 || c.Workers > load.MaxWorkers:
		return &devcluster.ConfigError{Name: "workers", Value: c.Workers, Expected: fmt.Sprintf("1 to %d", load.MaxWorkers)}
	}
	return nil
}

// run is one run of the demo.
type run struct {
	cfg      Config
	cluster  *devcluster.Cluster
	load     *load.Load
	news     *news
	saboteur *saboteur
	faults   []load.Fault
	memory   memory
}

// Run starts a cluster, loads it, breaks it, and reports the outcome. It fails only if it has no report: the
// cluster did not start, or ctx was done. A report of violations is no error.
func Run(ctx context.Context, cfg Config) (report *Report, err error) {
	cfg, err = cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	fmt.Fprintln(cfg.Progress, "starting the cluster")
	c, err := devcluster.Start(ctx, cfg.Cluster)
	if err != nil {
		return nil, err
	}
	defer func() {
		c.Stop()
		if ctx.Err() == nil && (err != nil || !report.OK) {
			fmt.Fprintln(cfg.Progress, "the roles' logs are in", c.Dir())
			return
		}
		err = errors.Join(err, c.Remove())
	}()
	l, err := load.Begin(ctx, load.Config{File: c.File(), Seed: cfg.Seed, Workers: cfg.Workers})
	if err != nil {
		return nil, err
	}
	r := &run{cfg: cfg, cluster: c, load: l, saboteur: &saboteur{cluster: c}}
	r.news = newNews(r)
	return r.drive(ctx)
}

// drive breaks the cluster under its load, then reports.
func (r *run) drive(ctx context.Context) (*Report, error) {
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
	return &Report{Report: *of, Memory: r.memory, Replicas: len(f.Groups[0].Replicas), Sequencers: len(f.Sequencers)}, nil
}

// sabotage carries out the faults while the load runs. It fails if the cluster does not recover from one.
func (r *run) sabotage(ctx context.Context) error {
	steps := r.saboteur.steps()
	rounds := max(1, int(r.cfg.Duration/roundLength))
	turn := r.cfg.Duration / time.Duration(rounds*(len(steps)+warmUp))
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
