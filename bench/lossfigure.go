package bench

import "fmt"

// figureLoss is the paper's figure 7.
var figureLoss = Figure{
	Name:  "loss",
	Title: "Throughput under loss",
	Paper: "Figure 7: NOPaxos keeps nearly all of its throughput when packets are dropped, up to 1 %; Speculative Paxos, whose replicas have to agree on an order again after a loss, does not.",
	Cells: func(s *Scale) []Cell {
		var cells []Cell
		for _, name := range lossy {
			for _, share := range append([]float64{0}, s.Loss...) {
				cells = append(cells, lossCell(s, name, share))
			}
		}
		return cells
	},
	Draw: drawLoss,
}

// lossy are the systems whose every datagram can be lost: the others bring a transport of their own.
var lossy = []string{nopaxos, paxos, batching, fastPaxos, specPaxos}

// lossCell is the largest closed loop, in which somebody always has something to do while others wait for
// what was lost. Every process loses a share of what it receives.
func lossCell(s *Scale, system string, share float64) Cell {
	c := echoCell(system, s.Callers[len(s.Callers)-1])
	c.Loss = share
	return c
}

func drawLoss(r *Results) Drawing {
	panel := Panel{Title: "Throughput relative to none lost", X: "datagrams lost (%)", Y: "% of the throughput without loss", LogX: true}
	for _, name := range lossy {
		none := r.find(lossCell(r.Scale, name, 0))
		if none == nil {
			continue
		}
		curve := Curve{Name: title(name)}
		whole := none.Summary.Throughput.Median
		for _, share := range r.Scale.Loss {
			if c := r.find(lossCell(r.Scale, name, share)); c != nil {
				t := c.Summary.Throughput
				curve.Points = append(curve.Points, Point{100 * share, 100 * t.Median / whole, 100 * t.Low / whole, 100 * t.High / whole})
			}
		}
		panel.Curves = append(panel.Curves, curve)
	}
	most := r.Scale.Loss[len(r.Scale.Loss)-1]
	here := ""
	for _, name := range lossy {
		left, none := r.find(lossCell(r.Scale, name, most)), r.find(lossCell(r.Scale, name, 0))
		if left == nil || none == nil {
			continue
		}
		if here != "" {
			here += "; "
		}
		here += fmt.Sprintf("%s %s", title(name), percent(left.Summary.Throughput.Median, none.Summary.Throughput.Median))
	}
	return Drawing{
		Panels: []Panel{panel}, Absent: r.absent(lossy...),
		Here: fmt.Sprintf("What is left of the throughput at %g %%: %s.", 100*most, here),
	}
}
