//go:build linux

package testbed

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/netordered/nopaxos/internal/devcluster"
	"github.com/netordered/nopaxos/internal/status"
	"github.com/netordered/nopaxos/internal/wait"
)

// run is one run.
type run struct {
	cfg      RunConfig
	bed      *Bed
	switches *Switches // nil: the switches are Linux routers
	cluster  *devcluster.Cluster
	load     *Load
}

// Run builds a testbed, runs a cluster in it under load, and reports the outcome. It fails only if it has no
// report; the error wraps bmv2.ErrNotInstalled or netlab.ErrNotSupported if this machine cannot have the
// testbed. A report of violations is no error.
func Run(ctx context.Context, cfg RunConfig) (report *Report, err error) {
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	plan, err := NewPlan(cfg.Config)
	if err != nil {
		return nil, err
	}
	fresh := cfg.Dir == ""
	if fresh {
		cfg.Dir, err = os.MkdirTemp("", "nopaxos-testbed-*")
	} else {
		err = os.MkdirAll(cfg.Dir, 0o700)
	}
	if err != nil {
		return nil, fmt.Errorf("testbed: %w", err)
	}
	defer func() {
		ok := err == nil && report.OK
		switch {
		case ok && fresh:
			err = os.RemoveAll(cfg.Dir)
		case !ok && ctx.Err() == nil:
			fmt.Fprintln(cfg.Progress, "the logs of roles and switches are in", cfg.Dir)
		}
	}()
	bed, err := Build(plan)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, bed.Close()) }()
	r := &run{cfg: cfg, bed: bed}
	if err := r.start(ctx); err != nil {
		r.stop()
		return nil, err
	}
	defer r.stop()
	return r.drive(ctx)
}

// start starts the switches, the cluster and the load.
func (r *run) start(ctx context.Context) error {
	t, err := &r.bed.Plan.Topology, error(nil)
	if !r.bed.routed() {
		fmt.Fprintf(r.cfg.Progress, "starting %d switches\n", len(t.Switches))
		if r.switches, err = r.bed.StartSwitches(ctx, r.cfg.Dir); err != nil {
			return err
		}
	}
	fmt.Fprintf(r.cfg.Progress, "starting the cluster on %d hosts\n", len(t.Hosts))
	r.cluster, err = devcluster.Start(ctx, devcluster.Config{
		Binary: r.cfg.Nopaxos, Dir: filepath.Join(r.cfg.Dir, "cluster"), Hosts: r.bed, Log: r.cfg.Progress, Patience: startPatience,
	})
	if err != nil {
		return err
	}
	r.load, err = r.bed.StartLoad(LoadConfig{
		Lab: r.cfg.Lab, File: r.cluster.File().Path, Seed: r.cfg.Seed, Workers: r.cfg.Workers, Progress: r.cfg.Progress,
	})
	return err
}

// startPatience bounds the time until the cluster is ready: on a small machine, twenty switches get their
// programs and entries.
const startPatience = 2 * time.Minute

func (r *run) stop() {
	if r.cluster != nil {
		r.cluster.Stop()
	}
	if r.switches != nil {
		r.switches.Stop()
	}
}

// drive lets the load run, with the failure in between, then reports.
func (r *run) drive(ctx context.Context) (*Report, error) {
	sequencers, problem := r.sequencing(ctx)
	judged, err := r.load.End()
	if err != nil {
		return nil, err
	}
	if ctx.Err() != nil {
		return nil, errors.New("interrupted")
	}
	if problem != nil {
		judged.Fail(problem.Error())
	}
	return &Report{
		Report: *judged, Topology: r.cfg.Topology, Switch: r.cfg.Switch, Switches: len(r.bed.Plan.Topology.Switches),
		Replicas: r.cfg.Replicas, Sequencers: sequencers,
	}, nil
}

// sequencing lets the load run for the configured time, with the failure in between, and returns the
// sequencers of that time in order. An error says that the group was not served in the end.
func (r *run) sequencing(ctx context.Context) (sequencers []string, err error) {
	before := r.cluster.Status(ctx).Groups[0]
	sequencers = []string{before.Sequencer}
	if r.cfg.Fail == "" {
		return sequencers, wait.For(ctx, r.cfg.Duration)
	}
	if err := wait.For(ctx, r.cfg.Duration/3); err != nil {
		return sequencers, err
	}
	what, fail, err := r.failure(before.Sequencer)
	if err != nil {
		return sequencers, err
	}
	if err := r.load.Mark(what); err != nil {
		return sequencers, err
	}
	if err := fail(); err != nil {
		return sequencers, err
	}
	session := before.Session + 1
	if r.cfg.Fail == failLink { // the controller may reroute around the link, in the same session
		session = before.Session
	} else if _, err := r.awaitSession(ctx, session); err != nil {
		return sequencers, err
	}
	if err := wait.For(ctx, r.cfg.Duration*2/3); err != nil {
		return sequencers, err
	}
	after, err := r.awaitSession(ctx, session)
	if err == nil && after.Sequencer != before.Sequencer {
		sequencers = append(sequencers, after.Sequencer)
	}
	return sequencers, err
}

// failure returns a description of the configured failure and the function that causes it.
func (r *run) failure(sequencer string) (what string, fail func() error, err error) {
	switch {
	case r.cfg.Fail == failLink:
		l, err := r.bed.Plan.linkOf(sequencer)
		return fmt.Sprintf("cut the cable %s-%s", l.A.Switch, l.B.Switch), func() error { return r.bed.cut(l) }, err
	case r.switches != nil:
		fail = func() error { return r.switches.kill(r.bed, sequencer) }
	default:
		fail = func() error { return r.cluster.Kill(sequencer) }
	}
	return "kill the sequencer (" + sequencer + ")", fail, nil
}

// failoverPatience bounds the time without service after a failure.
const failoverPatience = 30 * time.Second

// awaitSession waits until the group is served in this session or a later one.
func (r *run) awaitSession(ctx context.Context, session uint32) (status.Group, error) {
	s, err := r.cluster.Await(ctx, failoverPatience, func(_ context.Context, s *status.Cluster) error {
		if g := s.Groups[0]; g.Problem != "" || g.Session < session {
			return fmt.Errorf("group %s is in session %d, expected %d or later: %s", g.Name, g.Session, session, g.Problem)
		}
		return nil
	})
	if err != nil {
		return status.Group{}, err
	}
	return s.Groups[0], nil
}
