package bench

import (
	"fmt"
	"strings"

	"github.com/netordered/nopaxos/lab/bench/role"
)

// compared lists the systems of the paper's comparison and the Raft libraries.
var compared = []string{nopaxos, unreplicated, paxos, batching, fastPaxos, specPaxos, etcdRaft, hashiRaft}

// figureLatency is the paper's figure 5.
var figureLatency = Figure{
	Name:   "latency",
	Title:  "Latency against throughput",
	Source: "Figure 5, §6.1: five replicas",
	Cells: func(s *Scale) []Cell {
		var cells []Cell
		for _, name := range append(compared[:len(compared):len(compared)], bareEcho) {
			for _, callers := range s.Callers {
				cells = append(cells, echoCell(name, callers))
			}
			cells = append(cells, groupCell(name, 3))
			for _, rate := range s.Rates {
				cells = append(cells, openCell(name, rate))
			}
		}
		return cells
	},
	Draw: drawLatency,
	Claims: []claim{
		moreCapacity("1.24 times that of Speculative Paxos", specPaxos, 5, 1.24),
		{"lower latency (111 µs) than Paxos (240 µs) and Fast Paxos (193 µs)", func(r *results) (string, Verdict, bool) {
			ours, ok := median(alone(nopaxos, p50), r)
			classic, also := median(alone(paxos, p50), r)
			fast, too := median(alone(fastPaxos, p50), r)
			found := fmt.Sprintf("%.0f µs; Paxos %.0f µs, Fast Paxos %.0f µs, with one caller", ours, classic, fast)
			return found, holdsIf(ours < min(classic, fast)), ok && also && too
		}},
	},
}

// openCell is an open loop on three replicas whose operations do no work.
func openCell(system string, rate float64) Cell {
	c := echoCell(system, 0)
	c.Rate = rate
	return c
}

// echoCell is a closed loop on three replicas whose operations do no work.
func echoCell(system string, callers int) Cell {
	return Cell{System: system, Replicas: 3, Machine: role.MachineEcho, Workload: role.WorkloadEcho, Callers: callers}
}

func drawLatency(r *results) Drawing {
	shared := Panel{Title: "All roles share the machine's cores", X: "operations/s", Y: "median latency (µs)", LogX: true, LogY: true}
	busiest := Panel{Title: "Work of the busiest replica", X: "callers", Y: "CPU time per operation (µs)", LogX: true, LogY: true}
	busiest.Marks = r.Scale.callerMarks()
	for _, name := range compared {
		cell := func(callers float64) Cell { return echoCell(name, int(callers)) }
		curve := Curve{Name: title(name)}
		for _, callers := range busiest.Marks {
			if c := r.find(cell(callers)); c != nil {
				curve.add(c.Summary.Throughput.Median, c.Summary.P50)
			}
		}
		shared.add(curve)
		busiest.add(r.curve(name, busiest.Marks, cell, busiestSpread))
	}
	bars := Panel{Title: "Capacity of the busiest replica when it is the bottleneck", X: "three replicas", Y: "operations per CPU-second"}
	served := Curve{Name: "capacity"}
	var here []string
	for _, name := range compared {
		c := r.find(groupCell(name, 3))
		if c == nil {
			continue
		}
		served.add(float64(len(bars.Bars)), c.Summary.Capacity)
		bars.Bars = append(bars.Bars, title(name))
		if v, ok := median(ratio(full(nopaxos, capacity), full(name, capacity)), r); ok && name != nopaxos {
			here = append(here, times(v)+" "+title(name))
		}
	}
	d := Drawing{Panels: []Panel{shared, busiest}, Absent: r.absent(compared...)}
	if len(bars.Bars) > 0 {
		bars.Curves = []Curve{served}
		d.Panels = append(d.Panels, bars)
	}
	if len(here) > 0 {
		d.Here = "Capacity of NOPaxos's busiest replica, three replicas on shared cores, against others: " + strings.Join(here, ", ") + "."
	}
	if more, ok := median(difference(alone(nopaxos, p50), alone(unreplicated, p50)), r); ok {
		d.Here += fmt.Sprintf(" One caller waits %.0f µs longer than for the unreplicated server.", more)
	}
	return d
}
