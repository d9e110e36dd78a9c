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
)

// Config says what to run.
type Config struct {
	Cluster  devcluster.Config // FaultInjection is set by Run
	Duration time.Duration     // of the load; default 35 s
	Seed     uint64            // of keys and operations
	Workers  int               // on each of the two paths; default 8
	Progress io.Writer         // gets a line a second; default nobody
	Terminal bool              // Progress is one: the line is written over
}

// MinDuration is the shortest load in which every fault has its turn.
const MinDuration = 7 * time.Second

// roundLength is how long one round of all faults takes at most; a longer load has several.
const roundLength = time.Minute

// warmUp is the share of a round that comes before its first fault, as many as every fault has.
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

// maxWorkers keeps a typing error from taking the machine's memory.
const maxWorkers = 1000

// Check returns a *devcluster.ConfigError if something in a configuration whose defaults are filled in
// is wrong. The cluster's part, which Start checks, is not looked at.
func (c Config) Check() error {
	switch {
	case c.Duration < MinDuration:
		return &devcluster.ConfigError{Name: "duration", Value: c.Duration, Expected: fmt.Sprintf("at least %v: every fault has its turn", MinDuration)}
	case c.Workers < 1 || c.Workers > maxWorkers:
		return &devcluster.ConfigError{Name: "workers", Value: c.Workers, Expected: fmt.Sprintf("1 to %d", maxWorkers)}
	}
	return nil
}

// run is one run of the demo.
type run struct {
	cfg      Config
	cluster  *devcluster.Cluster
	recorder *recorder
	judge    *judge
	load     *load
	progress *progress
	stores   []store // one per path
	saboteur *saboteur
	report   *Report
}

// Run starts a cluster, loads and breaks it, and reports what came of it. The error says that there is
// no report: the cluster did not start, or ctx was done. A report of something gone wrong is no error.
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
			fmt.Fprintln(cfg.Progress, "what the roles logged is in", c.Dir())
			return
		}
		err = errors.Join(err, c.Remove())
	}()
	r := &run{cfg: cfg, cluster: c, recorder: newRecorder(), report: newReport(cfg)}
	library, err := newLibraryStore(c.File())
	if err != nil {
		return nil, err
	}
	defer library.close()
	front := newRedisStore(c.RESP(), cfg.Workers+1)
	defer front.close()
	r.stores = []store{library, front}
	r.saboteur = &saboteur{cluster: c, library: library}
	r.judge = &judge{recorder: r.recorder, store: library}
	r.load = &load{recorder: r.recorder, keys: newZipf(bankKeys, zipfTheta)}
	r.progress = newProgress(r)
	if err := r.drive(ctx); err != nil {
		return nil, err
	}
	return r.report, nil
}

// drive runs the load beside the faults, then judges the rest and fills in the report.
func (r *run) drive(ctx context.Context) error {
	loadCtx, stopLoad := context.WithCancel(ctx)
	defer stopLoad()
	var workers, judging, showing sync.WaitGroup
	judging.Go(func() { r.judge.run(ctx) })
	showing.Go(func() { r.progress.show(loadCtx) })
	number := uint64(0)
	for _, s := range r.stores {
		for range r.cfg.Workers {
			number++
			n := number
			workers.Go(func() { r.load.worker(loadCtx, s, r.cfg.Seed, n) })
		}
	}
	problem := r.sabotage(ctx)
	elapsed := time.Since(r.recorder.origin)
	stopLoad()
	workers.Wait()
	showing.Wait()
	r.recorder.finish()
	close(r.recorder.retire)
	judging.Wait()
	if err := ctx.Err(); err != nil {
		return errors.New("interrupted")
	}
	r.judge.readAgain(ctx, r.stores[pathRESP])
	r.conclude(ctx, elapsed, problem)
	return nil
}

// sabotage goes through the faults while the load runs. The error says that the cluster did not get
// over one.
func (r *run) sabotage(ctx context.Context) error {
	steps := r.saboteur.steps()
	rounds := max(1, int(r.cfg.Duration/roundLength))
	turn := r.cfg.Duration / time.Duration(rounds*(len(steps)+warmUp))
	for round := range rounds {
		pause(ctx, turn)
		if round == 0 {
			r.report.memoryAtStart(r.cluster.Status(ctx))
		}
		r.recorder.mark()
		for _, s := range steps {
			if err := r.fault(ctx, s, turn); err != nil {
				return err
			}
		}
		r.report.memoryNow(r.cluster.Status(ctx), false)
	}
	return nil
}

// fault carries out one step and notes the gap from it to the next.
func (r *run) fault(ctx context.Context, s step, turn time.Duration) error {
	// A passing view change leaves nobody to kill.
	before, err := r.saboteur.await(ctx, r.saboteur.serving)
	if err != nil {
		return fmt.Errorf("before %s: %w", s.name, err)
	}
	r.recorder.mark()
	started := time.Now()
	detail, err := s.do(ctx, before)
	if err != nil {
		return fmt.Errorf("%s: %w", s.name, err)
	}
	name := s.name
	if detail != "" {
		name += " (" + detail + ")"
	}
	r.progress.event(name)
	_, err = r.saboteur.await(ctx, s.over)
	pause(ctx, turn-time.Since(started))
	gap := r.recorder.mark()
	r.report.Faults = append(r.report.Faults, Fault{Name: name, GapMillis: float64(gap.Microseconds()) / 1000})
	if err != nil {
		return fmt.Errorf("%s: %w", s.name, err)
	}
	return nil
}

// pause waits for d or until ctx is done.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
