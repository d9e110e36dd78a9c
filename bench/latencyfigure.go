package bench

import "github.com/netordered/nopaxos/bench/role"

// replicated are the systems of the paper's comparison, and those that people use.
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
	alone := Panel{Title: "Capacity of the busiest replica", X: "callers", Y: "operations per CPU-second", LogX: true}
	best := make(map[string]float64)
	for _, name := range compared {
		curve, capacity := Curve{Name: title(name)}, Curve{Name: title(name)}
		for _, callers := range r.Scale.Callers {
			c := r.find(echoCell(name, callers))
			if c == nil {
				continue
			}
			m := c.Summary
			curve.Points = append(curve.Points, Point{m.Throughput.Median, m.P50.Median, m.P50.Low, m.P50.High})
			capacity.Points = append(capacity.Points, Point{float64(callers), m.Capacity.Median, m.Capacity.Low, m.Capacity.High})
			best[name] = max(best[name], m.Capacity.Median)
		}
		if len(curve.Points) > 0 {
			shared.Curves = append(shared.Curves, curve)
			alone.Curves = append(alone.Curves, capacity)
		}
	}
	here := sentence(
		"Best capacity of NOPaxos's busiest replica:", percent(best[nopaxos], best[unreplicated]), "of the unreplicated server's,",
		times(best[nopaxos], best[paxos]), "Paxos's leader,", times(best[nopaxos], best[batching]), "that of Paxos with batching.")
	return Drawing{Panels: []Panel{shared, alone}, Here: here, Absent: r.absent(compared...)}
}
