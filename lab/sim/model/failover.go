package model

import (
	"fmt"
	"slices"
	"time"
)

// Failover is the time for which a group of five replicas executes no client's operation after its sequencer crashed.
type Failover struct {
	Noticed string // the signal
	Crashes int
	Median  time.Duration // from a crash to the end of the first operation in the next session
	Worst   time.Duration
	// Restored is the median time until a millisecond with nine tenths of the former throughput.
	Restored time.Duration
}

const (
	failoverCallers = 16
	crashAfter      = 100 * time.Millisecond // after the controller's timers have settled
	crashStep       = 137 * time.Microsecond // so that crashes hit different phases of the timers
	bucket          = time.Millisecond
	patience        = 10 * time.Second // virtual time within which a group must resume
)

// These are the signals by which a crash is noticed.
const (
	byConnection = "the switch's connection to the controller is refused"
	byReplicas   = "f+1 replicas report it: only its data plane is dead"
)

// failOver predicts the paper's figure 9.
func (s *study) failOver(r *Report) error {
	for _, noticed := range []string{byConnection, byReplicas} {
		var outages, restored []time.Duration
		for i := range s.cfg.Scale.Crashes {
			if err := s.ctx.Err(); err != nil {
				return err
			}
			outage, back, err := s.crash(crashAfter+time.Duration(i)*crashStep, noticed == byConnection)
			if err != nil {
				return err
			}
			outages, restored = append(outages, outage), append(restored, back)
			s.advance()
		}
		slices.Sort(outages)
		slices.Sort(restored)
		r.Failover = append(r.Failover, Failover{
			Noticed: noticed, Crashes: len(outages), Median: outages[len(outages)/2], Worst: outages[len(outages)-1],
			Restored: restored[len(restored)/2],
		})
	}
	return nil
}

// crash stops the sequencer of a working group, and waits until throughput is restored.
func (s *study) crash(at time.Duration, refused bool) (outage, restored time.Duration, err error) {
	g, err := newGroup(workload{
		System: nopaxos, Replicas: replicas, Clients: failoverCallers, Callers: 1, Seed: s.cfg.Seed, Costs: s.costs,
	})
	if err != nil {
		return 0, 0, err
	}
	c, err := g.startController()
	if err != nil {
		return 0, 0, err
	}
	g.net.RunUntil(at - crashAfter/2)
	before := g.completed
	g.net.RunUntil(at)
	pace := float64(g.completed-before) / float64(crashAfter/2) * float64(bucket)

	g.relays[0].node.Stop()
	if refused {
		g.relays[0].unplugged = true
		c.lost(0)
	}
	var buckets []int
	g.watch = func(now time.Duration) {
		if c.published == 0 {
			return // was already in flight
		}
		if outage == 0 {
			outage = now - at
		}
		for b := int((now - at) / bucket); len(buckets) <= b; {
			buckets = append(buckets, 0)
		}
		buckets[(now-at)/bucket]++
	}
	for restored == 0 && g.err == nil && g.net.Now() < at+patience {
		g.net.RunUntil(g.net.Now() + bucket)
		for b, n := range buckets {
			if float64(n) >= 0.9*pace {
				restored = time.Duration(b) * bucket
				break
			}
		}
	}
	if restored == 0 {
		g.fail(fmt.Errorf("the former throughput is not back within %v of the crash", patience))
	}
	return outage, restored, g.err
}
