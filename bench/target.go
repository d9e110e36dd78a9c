package bench

import "fmt"

// Target is something that the implementation wants to reach.
type Target struct {
	Name     string
	Want     string
	Got      float64 // 0: not measured
	Unit     string
	Met      bool
	Measured bool
}

// target is how one is judged.
type target struct {
	name  string
	least bool // the bound is the least that is wanted; otherwise the most
	bound float64
	unit  string
	value func(*Results) (v float64, ok bool)
}

// targetCallers is the closed loop that the targets speak of.
const targetCallers = 64

// at returns one figure of a cell.
func at(c Cell, f func(*Summary) float64) func(*Results) (float64, bool) {
	return func(r *Results) (float64, bool) {
		if m := r.find(c); m != nil {
			return f(&m.Summary), true
		}
		return 0, false
	}
}

// ratio divides two figures.
func ratio(a, b func(*Results) (float64, bool)) func(*Results) (float64, bool) {
	return func(r *Results) (float64, bool) {
		x, ok := a(r)
		y, also := b(r)
		if !ok || !also || y == 0 {
			return 0, false
		}
		return x / y, true
	}
}

func busiestCPU(s *Summary) float64 { return s.BusiestCPU.Median }
func capacity(s *Summary) float64   { return s.Capacity.Median }
func p50(s *Summary) float64        { return s.P50.Median }

// of is a figure of a system under the targets' load.
func of(system string, f func(*Summary) float64) func(*Results) (float64, bool) {
	return at(echoCell(system, targetCallers), f)
}

// full is a figure of a system whose three replicas are the bottleneck.
func full(system string, f func(*Summary) float64) func(*Results) (float64, bool) {
	return in(system, 3, f)
}

// alone is a figure of a system with one caller.
func alone(system string, f func(*Summary) float64) func(*Results) (float64, bool) {
	return at(echoCell(system, 1), f)
}

// in is a figure of a system of n replicas that are the bottleneck.
func in(system string, n int, f func(*Summary) float64) func(*Results) (float64, bool) {
	return at(groupCell(system, n), f)
}

// lossRatio is what is left of NOPaxos's throughput when a datagram of a hundred is lost.
func lossRatio(r *Results) (float64, bool) {
	throughput := func(s *Summary) float64 { return s.Throughput.Median }
	none, lossy := lossCell(r.Scale, nopaxos, 0), lossCell(r.Scale, nopaxos, 0.01)
	return ratio(at(lossy, throughput), at(none, throughput))(r)
}

// latencyWithoutHop takes from NOPaxos's latency what the way through the sequencer adds, and compares the
// rest with the unreplicated server's.
func latencyWithoutHop(r *Results) (float64, bool) {
	hop, ok := hopLatency(r)
	ours, also := alone(nopaxos, p50)(r)
	if !ok || !also {
		return 0, false
	}
	rest := func(*Results) (float64, bool) { return ours - hop, true }
	return ratio(rest, alone(unreplicated, p50))(r)
}

var targets = []target{
	{"CPU per operation of the busiest replica, NOPaxos ÷ unreplicated", false, 1.05, "", ratio(full(nopaxos, busiestCPU), full(unreplicated, busiestCPU))},
	{"CPU per operation of the busiest replica, NOPaxos, 3 replicas, 64 callers", false, 3, "µs", of(nopaxos, busiestCPU)},
	{"capacity, NOPaxos ÷ Paxos, 3 replicas", true, 2.5, "", ratio(full(nopaxos, capacity), full(paxos, capacity))},
	{"capacity, NOPaxos ÷ Paxos, 5 replicas", true, 4, "", ratio(in(nopaxos, 5, capacity), in(paxos, 5, capacity))},
	{"capacity, NOPaxos ÷ Paxos with batching, 3 replicas", true, 1.2, "", ratio(full(nopaxos, capacity), full(batching, capacity))},
	{"median latency, NOPaxos ÷ Paxos with batching, 64 callers", false, 0.5, "", ratio(of(nopaxos, p50), of(batching, p50))},
	{"capacity, NOPaxos ÷ etcd-io/raft, 3 replicas", true, 4, "", ratio(full(nopaxos, capacity), full(etcdRaft, capacity))},
	{"capacity, NOPaxos ÷ hashicorp/raft, 3 replicas", true, 4, "", ratio(full(nopaxos, capacity), full(hashiRaft, capacity))},
	{"median latency, NOPaxos ÷ etcd-io/raft, 1 caller", false, 0.5, "", ratio(alone(nopaxos, p50), alone(etcdRaft, p50))},
	{"median latency, NOPaxos ÷ hashicorp/raft, 1 caller", false, 0.5, "", ratio(alone(nopaxos, p50), alone(hashiRaft, p50))},
	{"median latency with one caller without the sequencer's hop, NOPaxos ÷ unreplicated", false, 1.25, "", latencyWithoutHop},
	{"throughput, NOPaxos, 1 % lost ÷ none", true, 0.9, "", lossRatio},
	{"CPU per operation of the busiest replica, NOPaxos, 9 ÷ 3 replicas", false, 1.05, "", ratio(in(nopaxos, 9, busiestCPU), in(nopaxos, 3, busiestCPU))},
	{"capacity, unreplicated ÷ bare echo", true, 0.85, "", ratio(full(unreplicated, capacity), full(bareEcho, capacity))},
	{"objects allocated per operation, NOPaxos, busiest role", false, 0.005, "", full(nopaxos, func(s *Summary) float64 { return s.Mallocs.Median })},
}

// judge measures the results by the targets.
func judge(r *Results) []Target {
	var list []Target
	for _, t := range targets {
		sign := "≤"
		if t.least {
			sign = "≥"
		}
		out := Target{Name: t.name, Want: fmt.Sprintf("%s %g", sign, t.bound), Unit: t.unit}
		if t.unit != "" {
			out.Want += " " + t.unit
		}
		if out.Got, out.Measured = t.value(r); out.Measured {
			out.Met = t.least == (out.Got >= t.bound) || out.Got == t.bound
		}
		list = append(list, out)
	}
	return list
}
