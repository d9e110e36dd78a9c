package bench

import (
	"fmt"
	"strings"

	"github.com/netordered/nopaxos/bench/role"
)

// compared are the systems of the paper's comparison, and those that people use.
var compared = []string{nopaxos, unreplicated, paxos, batching, fastPaxos, specPaxos, etcdRaft, hashiRaft}

// figureLatency is the paper's figure 5.
var figureLatency = Figure{
	Name:  "latency",
	Title: "Latency against throughput",
	Paper: "Figure 5: with five replicas, NOPaxos reaches a throughput within 2 % of the unreplicated system at 16 µs more latency, 4.7 times the throughput of Paxos.",
	Cells: func(s *Scale) []Cell {
		var cells []Cell
		for _, name := range append(compared[:len(compared):len(compared)], bareEcho) {
			for _, callers := range s.Callers {
				cells = append(cells, echoCell(name, callers))
			}
			cells = append(cells, groupCell(name, 3))
			for _, rate := range s.Rates {
				c := echoCell(name, 0)
				c.Rate = rate
				cells = append(cells, c)
			}
		}
		return cells
	},
	Draw: drawLatency,
}

// echoCell is a closed loop on three replicas that do nothing else.
func echoCell(system string, callers int) Cell {
	return Cell{System: system, Replicas: 3, Machine: role.MachineEcho, Workload: role.WorkloadEcho, Callers: callers}
}

func drawLatency(r *Results) Drawing {
	shared := Panel{Title: "All roles share the machine's cores", X: "operations/s", Y: "median latency (µs)", LogY: true}
	alone := Panel{Title: "Work of the busiest replica", X: "callers", Y: "CPU time per operation (µs)", LogX: true}
	for _, name := range compared {
		curve, work := Curve{Name: title(name)}, Curve{Name: title(name)}
		for _, callers := range r.Scale.Callers {
			if c := r.find(echoCell(name, callers)); c != nil {
				m := c.Summary
				curve.Points = append(curve.Points, Point{m.Throughput.Median, m.P50.Median, m.P50.Low, m.P50.High})
				work.Points = append(work.Points, Point{float64(callers), m.BusiestCPU.Median, m.BusiestCPU.Low, m.BusiestCPU.High})
			}
		}
		if len(curve.Points) > 0 {
			shared.Curves, alone.Curves = append(shared.Curves, curve), append(alone.Curves, work)
		}
	}
	bars := Panel{Title: "Capacity of the busiest replica when it is the bottleneck", X: "three replicas", Y: "operations per CPU-second"}
	served := Curve{Name: "capacity"}
	best := make(map[string]float64)
	for _, name := range compared {
		if c := r.find(groupCell(name, 3)); c != nil {
			m := c.Summary.Capacity
			served.Points = append(served.Points, Point{float64(len(bars.Bars)), m.Median, m.Low, m.High})
			bars.Bars = append(bars.Bars, title(name))
			best[name] = m.Median
		}
	}
	bars.Curves = []Curve{served}
	var here []string
	for _, name := range compared[1:] {
		if best[name] > 0 && best[nopaxos] > 0 {
			here = append(here, fmt.Sprintf("%s %s", times(best[nopaxos], best[name]), title(name)))
		}
	}
	return Drawing{
		Panels: []Panel{shared, alone, bars}, Absent: r.absent(compared...),
		Here: "Capacity of NOPaxos's busiest replica, three replicas, against others: " + strings.Join(here, ", ") + ".",
	}
}
