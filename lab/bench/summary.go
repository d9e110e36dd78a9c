package bench

import (
	"cmp"
	"slices"
)

// Spread is the median, the lowest and the highest of some measurements.
type Spread struct{ Median, Low, High float64 }

// spread returns the spread of values.
func spread(values []float64) Spread {
	if len(values) == 0 {
		return Spread{}
	}
	v := slices.Sorted(slices.Values(values))
	n := len(v)
	return Spread{Median: (v[(n-1)/2] + v[n/2]) / 2, Low: v[0], High: v[n-1]}
}

// Summary summarizes the samples of a cell.
type Summary struct {
	Throughput Spread // operations a second
	P50, P99   Spread // latency in microseconds
	// BusiestCPU is the CPU time per operation, in microseconds, of the replica that used most; Capacity is the
	// operations per CPU-second of that replica. TotalCPU is the CPU time of all roles, clients included.
	BusiestCPU, Capacity, TotalCPU Spread
	// Mallocs is the number of objects allocated per operation by the replica, active sequencer or client that
	// allocated most.
	Mallocs Spread
	// Busiest has the median of each value of the busiest replica's usage.
	Busiest         Usage
	Failed          uint64 // operations, in all measurements
	Retransmissions uint64
}

// CellResult is a cell with its samples and their summary.
type CellResult struct {
	Cell
	Samples []Sample
	Summary Summary
}

// summarize summarizes one or more samples.
func summarize(samples []Sample) Summary {
	var s Summary
	each := func(f func(*Sample) float64) Spread {
		values := make([]float64, len(samples))
		for i := range samples {
			values[i] = f(&samples[i])
		}
		return spread(values)
	}
	s.Throughput = each(func(m *Sample) float64 { return m.Throughput })
	s.P50 = each(func(m *Sample) float64 { return m.Latency.P50 })
	s.P99 = each(func(m *Sample) float64 { return m.Latency.P99 })
	s.BusiestCPU = each(busiestCPU)
	s.Capacity = each(capacity)
	s.TotalCPU = each((*Sample).totalCPU)
	s.Mallocs = each((*Sample).mallocs)
	of := func(f func(Usage) float64) float64 {
		return each(func(m *Sample) float64 { return f(m.busiest()) }).Median
	}
	first := samples[0].busiest()
	s.Busiest = Usage{
		Role: first.Role, Kind: first.Kind, CPU: s.BusiestCPU.Median,
		Cores:       of(func(u Usage) float64 { return u.Cores }),
		Sleeps:      of(func(u Usage) float64 { return u.Sleeps }),
		Mallocs:     of(func(u Usage) float64 { return u.Mallocs }),
		DatagramsIn: of(func(u Usage) float64 { return u.DatagramsIn }), DatagramsOut: of(func(u Usage) float64 { return u.DatagramsOut }),
	}
	for i := range samples {
		s.Failed += samples[i].Failed + samples[i].Unfinished
		s.Retransmissions += samples[i].Retransmissions
	}
	return s
}

// busiest returns the usage of the replica that used most CPU time, or without replicas that of the busiest sequencer.
func (m *Sample) busiest() Usage {
	of := func(kind string) (u Usage, ok bool) {
		for _, r := range m.Roles {
			if r.Kind == kind && (!ok || r.CPU > u.CPU) {
				u, ok = r, true
			}
		}
		return u, ok
	}
	if u, ok := of(kindReplica); ok {
		return u
	}
	u, _ := of(kindSequencer)
	return u
}

func (m *Sample) totalCPU() float64 {
	sum := 0.0
	for _, r := range m.Roles {
		sum += r.CPU
	}
	return sum
}

func (m *Sample) mallocs() float64 {
	most := 0.0
	for _, r := range m.Roles {
		if r.onTheWay() {
			most = max(most, r.Mallocs)
		}
	}
	return most
}

// onTheWay reports whether operations pass a role. The allocations of a standby sequencer depend on time, not on
// operations.
func (u Usage) onTheWay() bool {
	const some = 0.1 // datagrams per operation
	switch u.Kind {
	case kindReplica, kindClient:
		return true
	case kindSequencer:
		return u.DatagramsIn > some
	}
	return false
}

// compareCells orders results: by system as listed, then by increasing size.
func compareCells(a, b Cell) int {
	rank := func(name string) int {
		return slices.IndexFunc(Systems, func(s System) bool { return s.Name == name })
	}
	return cmp.Or(
		cmp.Compare(rank(a.System), rank(b.System)), cmp.Compare(a.Replicas, b.Replicas),
		cmp.Compare(a.Machine, b.Machine), cmp.Compare(a.Workload, b.Workload),
		compareBool(a.Saturated, b.Saturated), cmp.Compare(a.Loss, b.Loss), cmp.Compare(a.Callers, b.Callers), cmp.Compare(a.Rate, b.Rate),
	)
}
