package bench

import (
	"context"
	"fmt"
	"time"

	"github.com/netordered/nopaxos/internal/wait"
	"github.com/netordered/nopaxos/lab/bench/role"
)

// Failover is a sequencer's crash as observed by the clients.
type Failover struct {
	Killed   float64  // milliseconds since the beginning of Timeline
	Outage   float64  // milliseconds from then to the first completed operation in the next session
	Timeline []uint32 // operations completed in each millisecond
}

// The measured time, and when in it the sequencer is killed.
const (
	failoverWatch = 2 * time.Second
	failoverKill  = 300 * time.Millisecond
)

// failover kills the sequencer of a loaded group. Every failover uses a fresh deployment, in which the first
// sequencer, by the order of preference, is active.
func (b *bench) failover(ctx context.Context, s step) error {
	b.line.Show(func() string { return b.state(title(s.key.system) + ", the sequencer crashes") })
	return b.with(ctx, s, func(d *deployment) error {
		f, err := d.failover(ctx, &b.cfg.Scale)
		if err != nil {
			return fmt.Errorf("failover: %w", err)
		}
		b.results.Failovers = append(b.results.Failovers, f)
		b.spent += b.estimate(s)
		return nil
	})
}

func (d *deployment) failover(ctx context.Context, s *Scale) (Failover, error) {
	load := role.Load{
		Begin: time.Now().Add(preparation), WarmUp: s.Settle, Measure: failoverWatch,
		Workload: role.WorkloadEcho, ValueSize: valueSize, Timeline: true,
	}
	loading, err := startLoad(ctx, d.clients, load, Cell{Callers: targetCallers})
	if err != nil {
		return Failover{}, err
	}
	from := load.Begin.Add(load.WarmUp)
	if err := wait.For(ctx, time.Until(from.Add(failoverKill))); err != nil {
		return Failover{}, err
	}
	killed := time.Since(from)
	if err := d.of(kindSequencer)[0].Kill(); err != nil {
		return Failover{}, err
	}
	f := Failover{Killed: float64(killed) / float64(time.Millisecond), Timeline: make([]uint32, failoverWatch.Milliseconds())}
	next := time.Duration(0)
	for _, p := range loading {
		a, err := p.answer(ctx)
		if err != nil {
			return f, err
		}
		if at := a.Result.NewSession; next == 0 || at > 0 && at < next {
			next = at
		}
		for i, n := range a.Result.Timeline {
			f.Timeline[i] += n
		}
	}
	if next == 0 {
		return f, fmt.Errorf("no operation completed in another session within %v", failoverWatch-failoverKill)
	}
	if next < killed {
		return f, fmt.Errorf("the group had left its first sequencer %v before it was killed", killed-next)
	}
	f.Outage = float64(next-killed) / float64(time.Millisecond)
	return f, nil
}
