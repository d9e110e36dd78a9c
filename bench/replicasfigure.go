package bench

import "fmt"

// figureReplicas is the paper's figure 9.
var figureReplicas = Figure{
	Name:  "replicas",
	Title: "More replicas",
	Paper: "Figure 9: with three to nine replicas NOPaxos keeps its throughput, because each replica handles the same number of messages whatever the size of the group; Paxos's leader loses throughput with every replica.",
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
}

// grouped are the systems that are measured in several sizes.
var grouped = []string{nopaxos, paxos, batching, fastPaxos, specPaxos}

// groupCell is n replicas that do nothing else and are the bottleneck of the targets' load.
func groupCell(system string, n int) Cell {
	c := echoCell(system, targetCallers)
	c.Replicas, c.Saturated = n, true
	return c
}

func drawReplicas(r *Results) Drawing {
	panel := Panel{Title: "Capacity of the busiest replica", X: "replicas", Y: "operations per CPU-second"}
	cpu := Panel{Title: "Its work for an operation", X: "replicas", Y: "CPU time per operation (µs)"}
	for _, n := range r.Scale.Groups {
		panel.Marks = append(panel.Marks, float64(n))
	}
	cpu.Marks = panel.Marks
	first, last := r.Scale.Groups[0], r.Scale.Groups[len(r.Scale.Groups)-1]
	here := ""
	for _, name := range grouped {
		capacity, work := Curve{Name: title(name)}, Curve{Name: title(name)}
		for _, n := range r.Scale.Groups {
			c := r.find(groupCell(name, n))
			if c == nil {
				continue
			}
			s := c.Summary
			capacity.Points = append(capacity.Points, Point{float64(n), s.Capacity.Median, s.Capacity.Low, s.Capacity.High})
			work.Points = append(work.Points, Point{float64(n), s.BusiestCPU.Median, s.BusiestCPU.Low, s.BusiestCPU.High})
		}
		if len(work.Points) == 0 {
			continue
		}
		panel.Curves, cpu.Curves = append(panel.Curves, capacity), append(cpu.Curves, work)
		if a, b := r.find(groupCell(name, first)), r.find(groupCell(name, last)); a != nil && b != nil {
			if here != "" {
				here += "; "
			}
			here += fmt.Sprintf("%s %s", title(name), percent(b.Summary.Capacity.Median, a.Summary.Capacity.Median))
		}
	}
	return Drawing{
		Panels: []Panel{panel, cpu}, Absent: r.absent(grouped...),
		Here: fmt.Sprintf("Capacity with %d replicas against %d: %s.", last, first, here),
	}
}
