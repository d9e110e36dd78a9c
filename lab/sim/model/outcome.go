package model

import (
	"fmt"
	"slices"
	"time"
)

// Outcome is the measured performance under a load.
type Outcome struct {
	// Throughput is the operations per second completed by clients, capped by those that the leader executed: for a
	// while, clients of SpecPaxos need not wait for a leader that lags.
	Throughput float64
	Median     time.Duration // latency
	P99        time.Duration
	Busiest    float64 // CPU utilization of the busiest replica
	Received   float64 // datagrams per operation, at the busiest replica
	Sent       float64
	Overflow   uint64 // datagrams that replicas lost to full queues
}

// leader is the leader throughout, as no view ends.
const leader = 0

// These bound the virtual time that a slow system has to warm up and to be measured.
const (
	warmUpFor  = 300 * time.Millisecond
	measureFor = 600 * time.Millisecond
)

// run advances time until n more operations have ended, or the time is up.
func (g *group) run(n int, atMost time.Duration) error {
	want, until := g.completed+n, g.net.Now()+atMost
	began := g.completed
	for g.err == nil && g.completed < want && g.net.Now() < until {
		g.net.Step()
	}
	if g.completed == began {
		g.fail(fmt.Errorf("no operation has ended within %v", atMost))
	}
	return g.err
}

// runLoad measures a load: first the warm-up, then the measured operations.
func runLoad(load workload, warmUp, operations int) (Outcome, error) {
	g, err := newGroup(load)
	if err != nil {
		return Outcome{}, err
	}
	if err := g.run(warmUp, warmUpFor); err != nil {
		return Outcome{}, err
	}
	before, began, count := g.works(), g.net.Now(), g.completed
	g.measuring = true
	if err := g.run(operations, measureFor); err != nil {
		return Outcome{}, err
	}
	elapsed, ended := g.net.Now()-began, float64(g.completed-count)
	slices.Sort(g.latencies)
	o := Outcome{
		Throughput: min(ended, float64(g.members[leader].host.work.Executed-before[leader].Executed)) / elapsed.Seconds(),
		Median:     g.latencies[len(g.latencies)/2],
		P99:        g.latencies[len(g.latencies)*99/100],
	}
	for i, after := range g.works() {
		w := after.minus(before[i])
		o.Overflow += w.Overflow
		if busy := float64(w.Busy) / float64(elapsed); busy > o.Busiest {
			o.Busiest = busy
			o.Received, o.Sent = float64(w.Received)/ended, float64(w.Sent)/ended
		}
	}
	return o, nil
}

// works returns the work of the replicas so far.
func (g *group) works() []work {
	var all []work
	for _, m := range g.members {
		w := m.host.work
		w.Busy -= max(m.host.busyUntil-g.net.Now(), 0) // of the current turn
		all = append(all, w)
	}
	return all
}
