package bench

import (
	"fmt"
	"strings"
)

// figureLoss is the paper's figure 7.
var figureLoss = Figure{
	Name:   "loss",
	Title:  "Throughput under loss",
	Source: "Figure 7, §6.2: five replicas; 0.001 % to 1 % of all packets dropped",
	Cells: func(s *Scale) []Cell {
		var cells []Cell
		for _, name := range losers {
			for _, share := range append([]float64{0}, s.Loss...) {
				cells = append(cells, lossCell(s, name, share))
			}
		}
		return cells
	},
	Draw: drawLoss,
	Claims: []claim{
		{"even at 1 % NOPaxos's throughput does not drop significantly; it stays about the unreplicated system's",
			func(r *results) (string, Verdict, bool) {
				ours, ok := median(left(r, nopaxos), r)
				plain, also := median(left(r, unreplicated), r)
				found := fmt.Sprintf("NOPaxos keeps %s at %s, the unreplicated server %s", percent(ours), mostLoss(r), percent(plain))
				s, _ := spreadOf(ratio(left(r, nopaxos), left(r, unreplicated)), r)
				if s.crosses(1 - closeTo) {
					return found, noVerdict, ok && also
				}
				return found, holdsIf(s.Median >= 1-closeTo), ok && also
			}},
		{"Speculative Paxos drops substantially after 0.5 %, at 1 % to Paxos", func(r *results) (string, Verdict, bool) {
			theirs, ok := median(left(r, specPaxos), r)
			toPaxos, also := median(ratio(lossy(r, specPaxos), lossy(r, paxos)), r)
			found := fmt.Sprintf("keeps %s at %s, which is %s Paxos's", percent(theirs), mostLoss(r), times(toPaxos))
			return found, holdsIf(theirs < 0.75 && toPaxos <= 1+closeTo), ok && also
		}},
		{"that of Paxos and Fast Paxos does not drop significantly", func(r *results) (string, Verdict, bool) {
			classic, ok := median(left(r, paxos), r)
			fast, also := median(left(r, fastPaxos), r)
			found := fmt.Sprintf("Paxos keeps %s, Fast Paxos %s", percent(classic), percent(fast))
			return found, holdsIf(min(classic, fast) >= 0.9), ok && also
		}},
		{"that of Paxos with batching drops more, for its state transfers", func(r *results) (string, Verdict, bool) {
			batched, ok := median(left(r, batching), r)
			classic, also := median(left(r, paxos), r)
			found := fmt.Sprintf("keeps %s, Paxos %s", percent(batched), percent(classic))
			return found, holdsIf(batched < classic-closeTo), ok && also
		}},
	},
}

// lossy is a system's throughput at the largest loss.
func lossy(r *results, system string) quantity {
	return at(lossCell(r.Scale, system, r.Scale.Loss[len(r.Scale.Loss)-1]), throughput)
}

// left is the share of its throughput that a system keeps at the largest loss.
func left(r *results, system string) quantity {
	return ratio(lossy(r, system), at(lossCell(r.Scale, system, 0), throughput))
}

// mostLoss formats the largest loss.
func mostLoss(r *results) string { return fmt.Sprintf("%g %%", 100*r.Scale.Loss[len(r.Scale.Loss)-1]) }

// losers lists the systems of the paper's figure. All their messages are datagrams, which can be dropped; the others
// have their own transport.
var losers = []string{nopaxos, unreplicated, paxos, batching, fastPaxos, specPaxos}

// lossCell is the largest closed loop, in which some callers always make progress while others wait for lost
// datagrams. Every process drops a share of the datagrams that it receives.
func lossCell(s *Scale, system string, share float64) Cell {
	c := echoCell(system, s.Callers[len(s.Callers)-1])
	c.Loss = share
	return c
}

func drawLoss(r *results) Drawing {
	panel := Panel{Title: "Throughput relative to none lost", X: "datagrams lost (%)", Y: "% of the throughput without loss", LogX: true}
	for _, share := range r.Scale.Loss {
		panel.Marks = append(panel.Marks, 100*share)
	}
	for _, name := range losers {
		none := r.find(lossCell(r.Scale, name, 0))
		if none == nil {
			continue
		}
		curve := Curve{Name: title(name)}
		whole := none.Summary.Throughput.Median
		for _, share := range r.Scale.Loss {
			if c := r.find(lossCell(r.Scale, name, share)); c != nil {
				t := c.Summary.Throughput
				curve.add(100*share, Spread{100 * t.Median / whole, 100 * t.Low / whole, 100 * t.High / whole})
			}
		}
		panel.Curves = append(panel.Curves, curve)
	}
	var here []string
	for _, name := range losers {
		if v, ok := median(left(r, name), r); ok {
			here = append(here, title(name)+" "+percent(v))
		}
	}
	d := Drawing{Panels: []Panel{panel}, Absent: r.absent(losers...)}
	if len(here) > 0 {
		d.Here = fmt.Sprintf("Share of the throughput left at %s: %s.", mostLoss(r), strings.Join(here, ", "))
	}
	return d
}
