package bench

import (
	"fmt"
	"math"
)

// figureSequencers is the paper's figure 6, and the sequencer by itself.
var figureSequencers = Figure{
	Name:  "sequencers",
	Title: "The sequencer",
	Paper: "Figure 6 compares NOPaxos behind a sequencer on a network processor and behind one on an end host, which costs latency. A switch that stamps at line rate adds next to nothing.",
	Cells: func(s *Scale) []Cell {
		var cells []Cell
		for _, name := range []string{bareSeq, bareEcho} {
			for _, callers := range s.Callers {
				cells = append(cells, echoCell(name, callers))
			}
		}
		for _, callers := range s.Callers {
			if callers <= mostForBMv2 {
				cells = append(cells, echoCell(nopaxos, callers), echoCell(behindBMv2, callers))
			}
		}
		return append(cells, echoCell(unreplicated, 1))
	},
	Draw: drawSequencers,
}

// mostForBMv2 is how many callers a BMv2 switch is given: its queues are short.
const mostForBMv2 = 8

// otherSequencers are the data planes that this benchmark does not run, with the reasons.
var otherSequencers = []string{
	"switch (Tofino): not on this machine",
	"middlebox (XDP): not there yet",
}

// hopLatency is what the way through the sequencer adds to the median round trip, in microseconds: that of
// a client through the sequencer to itself, less that of a client through a bare echo server.
func hopLatency(r *Results) (float64, bool) {
	through, ok := alone(bareSeq, p50)(r)
	echo, also := alone(bareEcho, p50)(r)
	return through - echo, ok && also
}

func drawSequencers(r *Results) Drawing {
	work := Panel{Title: "CPU time of the end-host sequencer", X: "requests in flight", Y: "µs per request, three copies", LogX: true}
	trip := Panel{Title: "Round trip to oneself", X: "requests in flight", Y: "median (µs)", LogX: true, LogY: true}
	for _, name := range []string{bareSeq, bareEcho} {
		cpu, latency := Curve{Name: title(name)}, Curve{Name: title(name)}
		for _, callers := range r.Scale.Callers {
			if c := r.find(echoCell(name, callers)); c != nil {
				s, x := c.Summary, float64(callers)
				cpu.Points = append(cpu.Points, Point{x, s.BusiestCPU.Median, s.BusiestCPU.Low, s.BusiestCPU.High})
				latency.Points = append(latency.Points, Point{x, s.P50.Median, s.P50.Low, s.P50.High})
			}
		}
		if len(cpu.Points) > 0 {
			work.Curves, trip.Curves = append(work.Curves, cpu), append(trip.Curves, latency)
		}
	}
	kinds := Panel{Title: "NOPaxos behind each kind of sequencer", X: "callers", Y: "median latency (µs)", LogX: true, LogY: true}
	for _, name := range []string{nopaxos, behindBMv2} {
		curve := Curve{Name: title(name)}
		for _, callers := range r.Scale.Callers {
			if c := r.find(echoCell(name, callers)); c != nil {
				curve.Points = append(curve.Points, Point{float64(callers), c.Summary.P50.Median, c.Summary.P50.Low, c.Summary.P50.High})
			}
		}
		if len(curve.Points) > 0 {
			kinds.Curves = append(kinds.Curves, curve)
		}
	}
	least := math.Inf(1)
	for _, callers := range r.Scale.Callers {
		if c := r.find(echoCell(bareSeq, callers)); c != nil {
			least = min(least, c.Summary.BusiestCPU.Median)
		}
	}
	here := "The end-host sequencer was not measured."
	if hop, ok := hopLatency(r); ok {
		here = fmt.Sprintf("The end-host sequencer takes %.2f µs of CPU per request with three copies at best, %s requests per CPU-second; the way through it takes %.0f µs more than that through an echo server.",
			least, short(1e6/least), hop)
	}
	if ours, ok := alone(nopaxos, p50)(r); ok {
		if plain, ok := alone(unreplicated, p50)(r); ok {
			here += fmt.Sprintf(" One caller waits %.0f µs for NOPaxos, %.0f µs for the unreplicated server.", ours, plain)
		}
	}
	if c := r.find(echoCell(behindBMv2, 1)); c != nil {
		here += fmt.Sprintf(" Behind a BMv2 switch, a test device, it is %.0f µs.", c.Summary.P50.Median)
	}
	return Drawing{
		Panels: []Panel{kinds, work, trip}, Here: here,
		Absent: append(r.absent(behindBMv2, bareSeq, bareEcho), otherSequencers...),
	}
}
