package bench

import (
	"fmt"
	"strings"

	"github.com/netordered/nopaxos/bench/role"
)

// figureStore is in the place of the paper's figure 10.
var figureStore = Figure{
	Name:  "store",
	Title: "The key-value store",
	Paper: "Figure 10 replicates a transactional key-value store under YCSB-T: of the replicated systems NOPaxos comes closest to the unreplicated one. Here the store is the one that ships, without transactions across groups, under YCSB's workloads A to F.",
	Cells: func(s *Scale) []Cell {
		var cells []Cell
		for _, name := range stores {
			for _, workload := range ycsbNames {
				cells = append(cells, storeCell(name, workload))
			}
		}
		return cells
	},
	Draw: drawStore,
}

// stores are the systems that replicate the store.
var stores = []string{unreplicated, nopaxos, paxos, batching, fastPaxos, specPaxos}

// ycsbNames are YCSB's workloads, see role.Load.
var ycsbNames = []string{"a", "b", "c", "d", "e", "f"}

func storeCell(system, workload string) Cell {
	return Cell{System: system, Replicas: 3, Machine: role.MachineKV, Workload: workload, Callers: targetCallers}
}

func drawStore(r *Results) Drawing {
	capacity := Panel{Title: "Capacity of the busiest replica", X: "YCSB workload", Y: "operations per CPU-second"}
	latency := Panel{Title: "Median latency", X: "YCSB workload", Y: "µs"}
	for _, w := range ycsbNames {
		capacity.Bars = append(capacity.Bars, strings.ToUpper(w))
	}
	latency.Bars = capacity.Bars
	var here []string
	for i, w := range ycsbNames {
		ours, plain := r.find(storeCell(nopaxos, w)), r.find(storeCell(unreplicated, w))
		if ours != nil && plain != nil {
			here = append(here, fmt.Sprintf("%s %s", capacity.Bars[i], percent(ours.Summary.Capacity.Median, plain.Summary.Capacity.Median)))
		}
	}
	for _, name := range stores {
		served, waited := Curve{Name: title(name)}, Curve{Name: title(name)}
		for i, w := range ycsbNames {
			if c := r.find(storeCell(name, w)); c != nil {
				s := c.Summary
				served.Points = append(served.Points, Point{float64(i), s.Capacity.Median, s.Capacity.Low, s.Capacity.High})
				waited.Points = append(waited.Points, Point{float64(i), s.P50.Median, s.P50.Low, s.P50.High})
			}
		}
		if len(served.Points) > 0 {
			capacity.Curves, latency.Curves = append(capacity.Curves, served), append(latency.Curves, waited)
		}
	}
	return Drawing{
		Panels: []Panel{capacity, latency}, Absent: r.absent(stores...),
		Here: "Capacity of NOPaxos's busiest replica against the unreplicated store's: " + strings.Join(here, ", ") + ".",
	}
}
