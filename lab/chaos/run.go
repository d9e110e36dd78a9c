//go:build linux

package chaos

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/netordered/nopaxos/cluster"
	"github.com/netordered/nopaxos/internal/devcluster"
	"github.com/netordered/nopaxos/internal/wait"
	"github.com/netordered/nopaxos/lab/netlab"
	"github.com/netordered/nopaxos/lab/testbed"
)

// config configures a run.
type config struct {
	Nopaxos  string        // path of the nopaxos binary
	Lab      string        // path of the nopaxos-lab binary
	Dir      string        // created, for the logs of the roles and the load
	Duration time.Duration // after which no step begins
	Seed     uint64
	Log      io.Writer // gets a line for every step
	// Bound is the longest permitted gap in service, during a survivable fault and after the end of any
	// other. Default 2 s: replicas suspect a leader after 30 ms, but view changes double their time-outs
	// while a fault lasts, and all roles share one machine.
	Bound time.Duration
}

// bedConfig has f = 1, a standby sequencer, and three paths to the group for the load.
var bedConfig = testbed.Config{
	Topology: testbed.Single, Switch: cluster.KindUDP,
	Replicas: 3, Sequencers: 2, FrontEnds: 2,
}

const (
	workers = 4 // operations outstanding on each of the load's paths

	// rest is the time with service between two steps: view-change time-outs that have doubled are reset
	// after a second in one view (replica, worksAnyway).
	rest = 1200 * time.Millisecond

	// wholePatience bounds the time in which the cluster has to become whole after a step, by restarting
	// processes and transferring state.
	wholePatience = 30 * time.Second
)

// run is one run.
type run struct {
	cfg     config
	plan    *plan
	bed     *testbed.Bed
	cluster *devcluster.Cluster
	load    *testbed.Load
	deaths  deaths
	done    []step
	failed  []string
}

// breakCluster breaks a cluster for a while. It fails if it could not do so, with netlab.ErrNotSupported if
// this machine cannot have such a network; violations are in the report.
func breakCluster(ctx context.Context, cfg config) (report *report, err error) {
	cfg.Bound = cmp.Or(cfg.Bound, 2*time.Second)
	p, err := testbed.NewPlan(bedConfig)
	if err != nil {
		return nil, err
	}
	bed, err := testbed.Build(p)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, bed.Close()) }()
	r := &run{cfg: cfg, bed: bed, plan: newPlan(cfg.Seed, hosts(p))}
	if err := r.prepare(); err != nil {
		return nil, err
	}
	r.cluster, err = devcluster.Start(ctx, devcluster.Config{
		Binary: cfg.Nopaxos, Dir: filepath.Join(cfg.Dir, "cluster"), Hosts: bed, Log: &r.deaths,
	})
	if err != nil {
		return nil, err
	}
	defer r.cluster.Stop()
	progress, err := os.Create(filepath.Join(cfg.Dir, "load.log"))
	if err != nil {
		return nil, fmt.Errorf("log of the load: %w", err)
	}
	defer progress.Close()
	r.load, err = bed.StartLoad(testbed.LoadConfig{
		Lab: cfg.Lab, File: r.cluster.File().Path, Seed: cfg.Seed, Workers: workers, Progress: progress,
	})
	if err != nil {
		return nil, err
	}
	return r.drive(ctx)
}

// hosts returns the roles that have a host.
func hosts(p *testbed.Plan) []role {
	var roles []role
	for _, h := range p.Topology.Hosts {
		roles = append(roles, role(h.Name))
	}
	return roles
}

// prepare shifts the clock of every host, and checks that packets can be lost.
func (r *run) prepare() error {
	for i, role := range r.plan.roles {
		if err := r.setClock(role, time.Duration(i)*time.Hour); err != nil {
			return err
		}
	}
	node := r.bed.Node(testbed.Client)
	if err := node.Lose(netlab.Loss{Share: 0.5}); err != nil {
		return err
	}
	return node.Lose()
}

func (r *run) setClock(role role, ahead time.Duration) error {
	return r.bed.Node(string(role)).SetClock(ahead)
}

// drive carries out the steps, then ends the load and reports.
func (r *run) drive(ctx context.Context) (*report, error) {
	began := time.Now()
	for n := 0; time.Since(began) < r.cfg.Duration && len(r.failed) == 0; n++ {
		if err := r.step(ctx, r.plan.step(n)); err != nil {
			return nil, err
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	r.failed = append(r.failed, r.deaths.all()...)
	judged, err := r.load.End()
	if err != nil {
		return nil, fmt.Errorf("%w; earlier violations: %q", err, r.failed)
	}
	return r.report(judged), nil
}

// step carries out one step. A violation ends the run; an error means that the step could not be carried out.
func (r *run) step(ctx context.Context, s step) error {
	before, err := r.whole(ctx)
	if err != nil {
		r.fail("before step %d: %v", s.Number, err)
		return nil
	}
	r.done = append(r.done, s)
	fmt.Fprintf(r.cfg.Log, "step %d for %v: %s\n", s.Number, s.Hold.Round(time.Millisecond), s.Name)
	if err := r.load.Mark(duringMark(s)); err != nil {
		return err
	}
	done, err := r.inflict(s.Faults, before)
	if err != nil {
		return fmt.Errorf("step %d: %w", s.Number, err)
	}
	if err := errors.Join(done.hold(ctx, s.Hold), done.heal()); err != nil {
		return fmt.Errorf("step %d: %w", s.Number, err)
	}
	if err := r.load.Mark(afterMark(s)); err != nil {
		return err
	}
	if _, err := r.whole(ctx); err != nil {
		r.fail("after step %d (%s): %v", s.Number, s.Name, err)
		return nil
	}
	return wait.For(ctx, rest)
}

func duringMark(s step) string { return fmt.Sprintf("%d: %s", s.Number, s.Name) }
func afterMark(s step) string  { return fmt.Sprintf("%d: over", s.Number) }

func (r *run) fail(format string, args ...any) {
	r.failed = append(r.failed, fmt.Sprintf(format, args...))
}

// deaths collects the cluster's log of roles that died by themselves.
type deaths struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (d *deaths) Write(b []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.text.Write(b)
}

func (d *deaths) all() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.text.Len() == 0 {
		return nil
	}
	return strings.Split(strings.TrimSpace(d.text.String()), "\n")
}
