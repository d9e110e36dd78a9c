package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/netordered/nopaxos/internal/wait"
	"github.com/netordered/nopaxos/lab/bench/role"
)

// Sample is one measurement of a cell.
type Sample struct {
	Repetition      int
	Seconds         float64 // measured
	Operations      uint64
	Failed          uint64
	Unfinished      uint64 // operations without an outcome when clients stopped waiting
	Retransmissions uint64
	Throughput      float64 // operations a second
	Latency         Latency
	Roles           []Usage

	clientMallocs map[*worker]float64
}

// Latency has percentiles in microseconds.
type Latency struct{ Mean, P50, P90, P99, P999, Max float64 }

// Usage is the resource usage of a role.
type Usage struct {
	Role, Kind string
	CPU        float64 // microseconds of CPU time per operation
	Cores      float64 // CPU seconds per second
	Sleeps     float64 // times per operation that a thread ran out of work
	// Not for controllers:
	Mallocs                   float64 `json:",omitempty"` // objects allocated per operation; for a client, per operation of its own
	DatagramsIn, DatagramsOut float64 `json:",omitempty"` // per operation
}

// reading is a role's cumulative usage at a time.
type reading struct {
	at     time.Time
	cpu    time.Duration
	sleeps uint64
	stats  *role.Stats // nil: not available
}

// errNothing means that no operation completed during a measurement.
var errNothing = errors.New("no operation completed")

// measureAgain repeats a measurement in which no operation completed: on a busy machine a role may be descheduled for
// longer than a short measurement.
func measureAgain(ctx context.Context, d *deployment, c Cell, s *Scale, seed uint64) (Sample, error) {
	sample, err := measure(ctx, d, c, s, seed)
	if errors.Is(err, errNothing) {
		return measure(ctx, d, c, s, seed)
	}
	return sample, err
}

// preparation is the time between the order of a load and its beginning.
const preparation = 20 * time.Millisecond

// measure loads a deployment and returns the measurement.
func measure(ctx context.Context, d *deployment, c Cell, s *Scale, seed uint64) (Sample, error) {
	if err := d.drop(ctx, c.Loss); err != nil {
		return Sample{}, err
	}
	if c.Saturated {
		if err := each(d.of(kindReplica), func(p *worker) error { return yieldCPU(p.PID()) }); err != nil {
			return Sample{}, err
		}
	}
	load := role.Load{
		Begin: time.Now().Add(preparation), WarmUp: s.WarmUp, Measure: s.Measure,
		Workload: c.Workload, ValueSize: valueSize, Keys: s.Keys, Seed: seed,
	}
	clients := d.clients
	if c.Callers > 0 {
		clients = clients[:min(len(clients), c.Callers)]
	}
	loading, err := startLoad(ctx, clients, load, c)
	if err != nil {
		return Sample{}, err
	}
	from := load.Begin.Add(load.WarmUp)
	before, err := d.read(ctx, from)
	if err != nil {
		return Sample{}, err
	}
	after, err := d.read(ctx, from.Add(load.Measure))
	if err != nil {
		return Sample{}, err
	}
	sample := Sample{Seconds: load.Measure.Seconds()}
	if err := sample.collect(ctx, loading); err != nil {
		return Sample{}, err
	}
	for i, p := range d.processes {
		u := usage(p, before[i], after[i], sample.Throughput)
		if m, ok := sample.clientMallocs[p]; ok {
			u.Mallocs = m
		}
		sample.Roles = append(sample.Roles, u)
	}
	if c.Loss > 0 {
		err = d.drop(ctx, 0)
	}
	return sample, err
}

// valueSize is the length in bytes of echoed operations, and of values in the store.
const valueSize = 64

// startLoad splits a load among the clients and orders each part.
func startLoad(ctx context.Context, clients []*worker, load role.Load, c Cell) ([]*worker, error) {
	for i, p := range clients {
		part := load
		part.Rate = c.Rate / float64(len(clients))
		part.Callers = c.Callers / len(clients)
		if i < c.Callers%len(clients) {
			part.Callers++
		}
		if err := p.order(role.Order{Load: &part}); err != nil {
			return nil, err
		}
	}
	return clients, context.Cause(ctx)
}

// collect waits for the clients' results and merges them.
func (s *Sample) collect(ctx context.Context, clients []*worker) error {
	var all *hdrhistogram.Histogram
	var failure string
	s.clientMallocs = make(map[*worker]float64)
	for _, p := range clients {
		a, err := p.answer(ctx)
		if err != nil {
			return err
		}
		r := a.Result
		if r == nil {
			return fmt.Errorf("%s: no result, expected one", p.Name())
		}
		s.Operations += r.Operations
		s.Failed += r.Failed
		s.Unfinished += r.Unfinished
		s.Retransmissions += r.Retransmissions
		if r.Operations > 0 {
			s.clientMallocs[p] = float64(r.Mallocs) / float64(r.Operations)
		}
		if failure == "" {
			failure = r.FirstError
		}
		h, err := role.DecodeLatencies(r.Latencies)
		if err != nil {
			return fmt.Errorf("%s: %w", p.Name(), err)
		}
		if all == nil {
			all = h
		} else {
			all.Merge(h)
		}
	}
	if s.Operations == 0 {
		return fmt.Errorf("%w within %v s (%d failed, %d unfinished): %s", errNothing, s.Seconds, s.Failed, s.Unfinished, failure)
	}
	s.Throughput = float64(s.Operations) / s.Seconds
	s.Latency = latency(all)
	return nil
}

func latency(h *hdrhistogram.Histogram) Latency {
	micros := func(q float64) float64 { return float64(h.ValueAtQuantile(q)) / 1e3 }
	return Latency{
		Mean: h.Mean() / 1e3, P50: micros(50), P90: micros(90), P99: micros(99), P999: micros(99.9), Max: float64(h.Max()) / 1e3,
	}
}

// read reads the usage of every process at a time. Clients are busy with the load and are not asked for counters.
func (d *deployment) read(ctx context.Context, at time.Time) ([]reading, error) {
	if err := wait.For(ctx, time.Until(at)); err != nil {
		return nil, err
	}
	list := make([]reading, len(d.processes))
	var asked []*worker
	index := make(map[*worker]int)
	for i, p := range d.processes {
		index[p] = i
		if p.in != nil && p.kind != kindClient {
			asked = append(asked, p)
		}
	}
	err := each(asked, func(p *worker) error {
		a, err := p.ask(ctx, role.Order{Stats: true})
		list[index[p]].stats = a.Stats
		return err
	})
	if err != nil {
		return nil, err
	}
	for i, p := range d.processes {
		list[i].at = time.Now()
		if list[i].cpu, err = cpuTime(p.PID()); err != nil {
			return nil, fmt.Errorf("%s: %w", p.Name(), err)
		}
	}
	for i, p := range d.processes {
		if list[i].sleeps, err = sleeps(p.PID()); err != nil {
			return nil, fmt.Errorf("%s: %w", p.Name(), err)
		}
	}
	return list, nil
}

// usage returns a role's usage between two readings, per operation at the given throughput.
func usage(p *worker, before, after reading, throughput float64) Usage {
	seconds := after.at.Sub(before.at).Seconds()
	operations := throughput * seconds
	cpu := after.cpu - before.cpu
	u := Usage{Role: p.Name(), Kind: p.kind, CPU: float64(cpu) / 1e3 / operations, Cores: cpu.Seconds() / seconds}
	if after.sleeps > before.sleeps { // ended threads are missing from the count
		u.Sleeps = float64(after.sleeps-before.sleeps) / operations
	}
	if before.stats != nil && after.stats != nil {
		u.Mallocs = float64(after.stats.Mallocs-before.stats.Mallocs) / operations
		u.DatagramsIn = float64(after.stats.DatagramsIn-before.stats.DatagramsIn) / operations
		u.DatagramsOut = float64(after.stats.DatagramsOut-before.stats.DatagramsOut) / operations
	}
	return u
}

// drop makes every process drop a share of the datagrams that it receives.
func (d *deployment) drop(ctx context.Context, share float64) error {
	if share == d.dropped {
		return nil
	}
	d.dropped = share
	return each(d.processes, func(p *worker) error {
		if p.in == nil {
			return nil
		}
		_, err := p.ask(ctx, role.Order{Drop: &share})
		return err
	})
}

// settle loads a new deployment until it is in its working state. Touching memory for the first time and growing
// logs and buffers cost much more than using them.
func (d *deployment) settle(ctx context.Context, c Cell, s *Scale) error {
	load := role.Load{
		Begin: time.Now(), Measure: s.Settle, Workload: c.Workload, ValueSize: valueSize, Keys: s.Keys,
	}
	loading, err := startLoad(ctx, d.clients, load, Cell{Callers: targetCallers})
	if err != nil {
		return err
	}
	return each(loading, func(p *worker) error {
		_, err := p.answer(ctx)
		return err
	})
}

// fill writes every key of the store.
func (d *deployment) fill(ctx context.Context, keys int) error {
	const patience, callers = time.Minute, 16
	p := d.clients[0]
	a, err := p.ask(ctx, role.Order{Load: &role.Load{
		Begin: time.Now(), Measure: patience, Callers: callers, Workload: role.WorkloadFill, ValueSize: valueSize, Keys: keys, Limit: keys,
	}})
	if err == nil && (a.Result == nil || a.Result.Operations != uint64(keys)) {
		err = fmt.Errorf("%s: filling the store with %d keys failed: %+v", p.Name(), keys, a.Result)
	}
	return err
}
