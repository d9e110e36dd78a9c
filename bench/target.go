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

// alone is a figure of a system with one caller.
func alone(system string, f func(*Summary) float64) func(*Results) (float64, bool) {
	return at(echoCell(system, 1), f)
}

var targets = []target{
	{"CPU per operation of the busiest replica, NOPaxos ÷ unreplicated", false, 1.05, "", ratio(of(nopaxos, busiestCPU), of(unreplicated, busiestCPU))},
	{"CPU per operation of the busiest replica, NOPaxos, 3 replicas, 64 callers", false, 3, "µs", of(nopaxos, busiestCPU)},
	{"capacity, NOPaxos ÷ Paxos, 3 replicas", true, 2.5, "", ratio(of(nopaxos, capacity), of(paxos, capacity))},
	{"capacity, NOPaxos ÷ Paxos with batching, 3 replicas", true, 1.2, "", ratio(of(nopaxos, capacity), of(batching, capacity))},
	{"median latency, NOPaxos ÷ Paxos with batching, 64 callers", false, 0.5, "", ratio(of(nopaxos, p50), of(batching, p50))},
	{"capacity, NOPaxos ÷ etcd-io/raft, 3 replicas", true, 4, "", ratio(of(nopaxos, capacity), of(etcdRaft, capacity))},
	{"capacity, NOPaxos ÷ hashicorp/raft, 3 replicas", true, 4, "", ratio(of(nopaxos, capacity), of(hashiRaft, capacity))},
	{"median latency, NOPaxos ÷ etcd-io/raft, 1 caller", false, 0.5, "", ratio(alone(nopaxos, p50), alone(etcdRaft, p50))},
	{"median latency, NOPaxos ÷ hashicorp/raft, 1 caller", false, 0.5, "", ratio(alone(nopaxos, p50), alone(hashiRaft, p50))},
	{"capacity, unreplicated ÷ bare echo", true, 0.85, "", ratio(of(unreplicated, capacity), of(bareEcho, capacity))},
	{"objects allocated per operation, NOPaxos, busiest role", false, 0.005, "", of(nopaxos, func(s *Summary) float64 { return s.Mallocs.Median })},
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
