package bench

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/netordered/nopaxos/lab/bench/role"
)

// figureFailover is the paper's figure 9.
var figureFailover = Figure{
	Name:      "failover",
	Title:     "A sequencer crashes",
	Source:    "Figure 9, §6.4: a failure notified to the controller by a message, at peak throughput",
	Cells:     func(*Scale) []Cell { return nil },
	Failovers: deploymentKey{nopaxos, 3, role.MachineEcho},
	Draw:      drawFailover,
	Claims: []claim{
		{"throughput drops to zero, and operations resume about 110 ms after the controller is notified, mostly for route updates; detection excluded", func(r *results) (string, Verdict, bool) {
			outage := outages(r)
			found := fmt.Sprintf("%.0f ms after the crash in the median of %d, %.0f ms at worst; detection included, and no routes to update",
				outage.Median, len(r.Failovers), outage.High)
			if outage.Median > 110 {
				return found, notCompared, len(r.Failovers) > 0
			}
			return found, holds, len(r.Failovers) > 0
		}},
		{"peak throughput is back after about 270 ms", func(r *results) (string, Verdict, bool) {
			var times []float64
			for _, f := range r.Failovers {
				if at, ok := f.peak(); ok {
					times = append(times, at)
				}
			}
			back := spread(times)
			found := fmt.Sprintf("the rate before the crash is back after %.0f ms in the median, in %d of %d crashes",
				back.Median, len(times), len(r.Failovers))
			return found, holdsIf(2*len(times) > len(r.Failovers) && back.Median <= 270), len(r.Failovers) > 0
		}},
	},
}

// outages returns the spread of the times without a completed operation.
func outages(r *results) Spread {
	var list []float64
	for _, f := range r.Failovers {
		list = append(list, f.Outage)
	}
	return spread(list)
}

// Peak throughput is back when a window of peakWindow milliseconds has at least peakShare of the rate before the crash.
// Rates of single milliseconds vary too much.
const (
	peakWindow = 20
	peakShare  = 0.9
)

// peak returns when peak throughput was back, in milliseconds since the crash, if it was.
func (f *Failover) peak() (at float64, ok bool) {
	killed := int(f.Killed)
	if killed <= 0 || killed > len(f.Timeline) {
		return 0, false
	}
	before := 0.0
	for _, n := range f.Timeline[:killed] {
		before += float64(n)
	}
	before /= float64(killed)
	for i := int(f.Killed + f.Outage); i+peakWindow <= len(f.Timeline); i++ {
		sum := 0.0
		for _, n := range f.Timeline[i : i+peakWindow] {
			sum += float64(n)
		}
		if sum/peakWindow >= peakShare*before {
			return float64(i) - f.Killed, true
		}
	}
	return 0, false
}

// The plotted time around a crash, in milliseconds.
const (
	shownBefore = 50
	shownAfter  = 150
)

func drawFailover(r *results) Drawing {
	if len(r.Failovers) == 0 {
		return Drawing{Here: "Not measured.", Absent: r.absent(nopaxos)}
	}
	sorted := slices.SortedFunc(slices.Values(r.Failovers), func(a, b Failover) int { return cmp.Compare(a.Outage, b.Outage) })
	middle := sorted[(len(sorted)-1)/2]
	course := Panel{Title: "Throughput in buckets of 1 ms, the median crash", X: "ms since the crash", Y: "operations/s", Steps: true}
	curve := Curve{Name: title(nopaxos)}
	for i, n := range middle.Timeline {
		at, rate := float64(i)-middle.Killed, float64(n)*1000
		if at >= -shownBefore && at <= shownAfter {
			curve.add(at, Spread{rate, rate, rate})
		}
	}
	course.Curves = []Curve{curve}
	share := Panel{Title: "Time from a crash to the first operation in the next session", X: "ms", Y: "% of crashes"}
	ended := Curve{Name: title(nopaxos)}
	for i, f := range sorted {
		y := 100 * float64(i+1) / float64(len(sorted))
		ended.add(f.Outage, Spread{y, y, y})
	}
	share.Curves = []Curve{ended}
	here := fmt.Sprintf("%d crashes: the first operation in the next session ends after %.0f ms in the median, %.0f ms at worst.",
		len(sorted), middle.Outage, sorted[len(sorted)-1].Outage)
	return Drawing{Panels: []Panel{course, share}, Here: here}
}
