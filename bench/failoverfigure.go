package bench

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/netordered/nopaxos/bench/role"
)

// figureFailover is the paper's figure 8.
var figureFailover = Figure{
	Name:      "failover",
	Title:     "A sequencer crashes",
	Paper:     "Figure 8: when the sequencer fails, throughput drops to zero until the controller has installed another and the replicas have changed views; it is back after about 110 ms.",
	Cells:     func(*Scale) []Cell { return nil },
	Failovers: deploymentKey{nopaxos, 3, role.MachineEcho},
	Draw:      drawFailover,
}

// What is shown around a crash, in milliseconds.
const (
	shownBefore = 50
	shownAfter  = 150
)

func drawFailover(r *Results) Drawing {
	if len(r.Failovers) == 0 {
		return Drawing{Here: "Not measured.", Absent: r.absent(nopaxos)}
	}
	sorted := slices.SortedFunc(slices.Values(r.Failovers), func(a, b Failover) int { return cmp.Compare(a.Outage, b.Outage) })
	middle := sorted[(len(sorted)-1)/2]
	course := Panel{Title: "Throughput in buckets of 1 ms, the median crash", X: "ms since the crash", Y: "operations/s", Steps: true}
	curve := Curve{Name: title(nopaxos)}
	for i, n := range middle.Timeline {
		at, pace := float64(i)-middle.Killed, float64(n)*1000
		if at >= -shownBefore && at <= shownAfter {
			curve.Points = append(curve.Points, Point{at, pace, pace, pace})
		}
	}
	course.Curves = []Curve{curve}
	share := Panel{Title: "Time from a crash to the first operation in the next session", X: "ms", Y: "% of crashes"}
	outages := Curve{Name: title(nopaxos)}
	for i, f := range sorted {
		y := 100 * float64(i+1) / float64(len(sorted))
		outages.Points = append(outages.Points, Point{f.Outage, y, y, y})
	}
	share.Curves = []Curve{outages}
	here := fmt.Sprintf("%d crashes: the first operation in the next session ends after %.0f ms in the median, %.0f ms at worst.",
		len(sorted), middle.Outage, sorted[len(sorted)-1].Outage)
	return Drawing{Panels: []Panel{course, share}, Here: here}
}
