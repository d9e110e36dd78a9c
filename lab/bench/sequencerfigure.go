package bench

import (
	"fmt"
	"math"
)

// figureSequencers is the paper's figure 6, with measurements of the sequencer alone.
var figureSequencers = Figure{
	Name:   "sequencers",
	Title:  "The sequencer",
	Source: "Figure 6, §6.1, and §4.2: a network processor as a middlebox, and a Linux program with raw sockets",
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
	Claims: []claim{
		{"latency behind an end-host sequencer is 36 % higher", func(r *results) (string, Verdict, bool) {
			ours, ok := median(alone(nopaxos, p50), r)
			hop, also := median(hopLatency, r)
			found := fmt.Sprintf("no network processor here; the end host's hop makes %.0f µs of %.0f µs", hop, ours)
			return found, notCompared, ok && also
		}},
		{"§4.2: a network processor adds 8 µs in the median, 16 µs at p99; the abstract's “within 16 µs of an unreplicated system” rests on it", func(r *results) (string, Verdict, bool) {
			hop, ok := median(hopLatency, r)
			slow, also := median(difference(alone(bareSeq, p99), half(alone(bareEcho, p99))), r)
			return fmt.Sprintf("the end host adds %.0f µs in the median, %.0f µs at p99", hop, slow), notCompared, ok && also
		}},
		{"a switch would add no measurable latency (expected)", func(r *results) (string, Verdict, bool) {
			behind, ok := median(alone(behindBMv2, p50), r)
			return fmt.Sprintf("no Tofino here; behind BMv2, a test device, one caller waits %.0f µs", behind), notCompared, ok
		}},
	},
}

// mostForBMv2 is the largest number of callers behind a BMv2 switch, whose queues are short.
const mostForBMv2 = 8

// otherSequencers lists the data planes that this benchmark does not run, with the reasons.
var otherSequencers = []string{
	"switch (Tofino): none on this machine",
	"middlebox (eBPF in the kernel): not in this version",
}

func drawSequencers(r *results) Drawing {
	work := Panel{Title: "CPU time of the end-host sequencer", X: "requests in flight", Y: "µs per request, three copies", LogX: true}
	trip := Panel{Title: "Round trip to oneself", X: "requests in flight", Y: "median (µs)", LogX: true, LogY: true}
	work.Marks, trip.Marks = r.Scale.callerMarks(), r.Scale.callerMarks()
	for _, name := range []string{bareSeq, bareEcho} {
		cell := func(callers float64) Cell { return echoCell(name, int(callers)) }
		work.add(r.curve(name, work.Marks, cell, busiestSpread))
		trip.add(r.curve(name, work.Marks, cell, p50Spread))
	}
	kinds := Panel{Title: "NOPaxos behind each kind of sequencer", X: "callers", Y: "median latency (µs)", LogX: true, LogY: true}
	kinds.Marks = r.Scale.callerMarks()
	for _, name := range []string{nopaxos, behindBMv2} {
		kinds.add(r.curve(name, kinds.Marks, func(callers float64) Cell { return echoCell(name, int(callers)) }, p50Spread))
	}
	d := Drawing{
		Panels: []Panel{kinds, work, trip}, Here: "The end-host sequencer was not measured.",
		Absent: append(r.absent(behindBMv2, bareSeq, bareEcho), otherSequencers...),
	}
	least, most := math.Inf(1), 0.0
	for _, callers := range r.Scale.Callers {
		if c := r.find(echoCell(bareSeq, callers)); c != nil {
			least, most = min(least, c.Summary.BusiestCPU.Median), max(most, c.Summary.Throughput.Median)
		}
	}
	if hop, ok := median(hopLatency, r); ok && most > 0 {
		d.Here = fmt.Sprintf("The end-host sequencer, with its client and receivers on the same cores, passes on %s requests/s "+
			"with three copies each at best. It takes %.2f µs of CPU per request, so %s requests per CPU-second; its hop adds %.0f µs.",
			short(most), least, short(1e6/least), hop)
	}
	if ours, ok := median(alone(nopaxos, p50), r); ok {
		if plain, ok := median(alone(unreplicated, p50), r); ok {
			d.Here += fmt.Sprintf(" One caller waits %.0f µs for NOPaxos, %.0f µs for the unreplicated server.", ours, plain)
		}
	}
	return d
}
