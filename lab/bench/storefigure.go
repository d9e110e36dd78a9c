package bench

import (
	"fmt"
	"strings"

	"github.com/netordered/nopaxos/lab/bench/role"
)

// figureStore takes the place of the paper's figure 10.
var figureStore = Figure{
	Name:  "store",
	Title: "The key-value store",
	Source: "Figure 10, §6.5: a transactional store under a workload of Retwis, within 10 ms; " +
		"here the key-value store of NOPaxos, without transactions across groups, under YCSB's workloads A to F",
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
	Claims: []claim{
		storeClaim("more than 4 times the maximum throughput of Paxos", paxos),
		storeClaim("1.45 times that of Speculative Paxos, the best of the others", specPaxos),
		storeClaim("within 4 % of the unreplicated store's", unreplicated),
	},
}

// storeClaim is a claim about the throughput of NOPaxos's store and another system's. The paper's store is sharded and
// transactional, so the figures of this one, under all of YCSB's workloads, stand beside it without a verdict.
func storeClaim(paper, other string) claim {
	return claim{paper, func(r *results) (string, Verdict, bool) {
		var list []float64
		for _, w := range ycsbNames {
			if v, ok := median(ratio(at(storeCell(nopaxos, w), capacity), at(storeCell(other, w), capacity)), r); ok {
				list = append(list, v)
			}
		}
		s := spread(list)
		found := fmt.Sprintf("%s to %s the capacity of %s, depending on the workload; one store, neither sharded nor transactional",
			times(s.Low), times(s.High), title(other))
		return found, notCompared, len(list) > 0
	}}
}

// stores lists the systems that replicate the store.
var stores = []string{unreplicated, nopaxos, paxos, batching, fastPaxos, specPaxos}

// ycsbNames lists YCSB's workloads; see role.Load.
var ycsbNames = []string{"a", "b", "c", "d", "e", "f"}

func storeCell(system, workload string) Cell {
	return Cell{System: system, Replicas: 3, Machine: role.MachineKV, Workload: workload, Callers: targetCallers}
}

func drawStore(r *results) Drawing {
	served := Panel{Title: "Capacity of the busiest replica", X: "YCSB workload", Y: "operations per CPU-second"}
	latency := Panel{Title: "Median latency", X: "YCSB workload", Y: "µs"}
	var places []float64 // of bars
	for i, w := range ycsbNames {
		served.Bars = append(served.Bars, strings.ToUpper(w))
		places = append(places, float64(i))
	}
	latency.Bars = served.Bars
	var here []string
	for i, w := range ycsbNames {
		if v, ok := median(ratio(at(storeCell(nopaxos, w), capacity), at(storeCell(unreplicated, w), capacity)), r); ok {
			here = append(here, served.Bars[i]+" "+percent(v))
		}
	}
	for _, name := range stores {
		cell := func(i float64) Cell { return storeCell(name, ycsbNames[int(i)]) }
		served.add(r.curve(name, places, cell, capacitySpread))
		latency.add(r.curve(name, places, cell, p50Spread))
	}
	d := Drawing{Panels: []Panel{served, latency}, Absent: r.absent(stores...)}
	if len(here) > 0 {
		d.Here = "Capacity of NOPaxos's busiest replica against the unreplicated store's: " + strings.Join(here, ", ") + "."
	}
	return d
}
