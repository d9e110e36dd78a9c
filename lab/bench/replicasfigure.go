package bench

import (
	"fmt"
	"strings"
)

// figureReplicas is the paper's figure 8.
var figureReplicas = Figure{
	Name:   "replicas",
	Title:  "More replicas",
	Source: "Figure 8, §6.3: 3, 5, 7 and 9 replicas",
	Cells: func(s *Scale) []Cell {
		var cells []Cell
		for _, name := range grouped {
			for _, n := range s.Groups {
				cells = append(cells, groupCell(name, n))
			}
		}
		return append(cells, groupCell(unreplicated, s.Groups[0]))
	},
	Draw: drawReplicas,
	Claims: []claim{
		{"NOPaxos and Speculative Paxos keep their throughput: a replica processes a constant number of messages",
			func(r *results) (string, Verdict, bool) {
				ours, ok := median(kept(r, nopaxos), r)
				theirs, also := median(kept(r, specPaxos), r)
				found := fmt.Sprintf("NOPaxos keeps %s of its capacity, SpecPaxos %s, from %s", percent(ours), percent(theirs), growth(r))
				return found, holdsIf(min(ours, theirs) >= 1-closeTo), ok && also
			}},
		{"that of Paxos and Fast Paxos falls in proportion to the replicas: their leaders process more messages",
			func(r *results) (string, Verdict, bool) {
				classic, ok := median(kept(r, paxos), r)
				fast, also := median(kept(r, fastPaxos), r)
				first, last := float64(r.Scale.Groups[0]), float64(r.Scale.Groups[len(r.Scale.Groups)-1])
				found := fmt.Sprintf("Paxos keeps %s, Fast Paxos %s, from %s", percent(classic), percent(fast), growth(r))
				v := holdsNot
				switch most := max(classic, fast); {
				case most <= first/last+closeTo:
					v = holds
				case most < 1-closeTo:
					v = inDirection
				}
				return found, v, ok && also && last > first
			}},
	},
}

// kept is the share of its capacity that a system keeps from the smallest to the largest group.
func kept(r *results, system string) quantity {
	first, last := r.Scale.Groups[0], r.Scale.Groups[len(r.Scale.Groups)-1]
	if first == last {
		return func(*results) map[int]float64 { return nil }
	}
	return ratio(in(system, last, capacity), in(system, first, capacity))
}

// growth names the smallest and the largest group.
func growth(r *results) string {
	return fmt.Sprintf("%d to %d replicas", r.Scale.Groups[0], r.Scale.Groups[len(r.Scale.Groups)-1])
}

// grouped lists the systems that are measured in several sizes.
var grouped = []string{nopaxos, paxos, batching, fastPaxos, specPaxos}

// groupCell is n replicas whose operations do no work and which are the bottleneck under the targets' load.
func groupCell(system string, n int) Cell {
	c := echoCell(system, targetCallers)
	c.Replicas, c.Saturated = n, true
	return c
}

func drawReplicas(r *results) Drawing {
	panel := Panel{Title: "Capacity of the busiest replica", X: "replicas", Y: "operations per CPU-second"}
	cpu := Panel{Title: "Its work per operation", X: "replicas", Y: "CPU time per operation (µs)"}
	for _, n := range r.Scale.Groups {
		panel.Marks = append(panel.Marks, float64(n))
	}
	cpu.Marks = panel.Marks
	var here []string
	for _, name := range grouped {
		cell := func(n float64) Cell { return groupCell(name, int(n)) }
		panel.add(r.curve(name, panel.Marks, cell, capacitySpread))
		cpu.add(r.curve(name, panel.Marks, cell, busiestSpread))
		if v, ok := median(kept(r, name), r); ok {
			here = append(here, title(name)+" "+percent(v))
		}
	}
	d := Drawing{Panels: []Panel{panel, cpu}, Absent: r.absent(grouped...)}
	if len(here) > 0 {
		d.Here = fmt.Sprintf("Capacity kept from %s: %s.", growth(r), strings.Join(here, ", "))
	}
	return d
}
