//go:build linux

package chaos

import (
	"fmt"
	"strings"
	"time"

	"github.com/netordered/nopaxos/lab/load"
)

// Report is what came of a run.
type Report struct {
	Seed  uint64
	Steps []Outcome
	Load  *load.Report

	Violations []string // what did not hold, in words
}

// Outcome is a step that was carried out, and how long service stood still.
type Outcome struct {
	Step
	During time.Duration // while the faults lasted
	After  time.Duration // from their end to the next step
}

// report judges the pauses, and adds what the load's judge found.
func (r *run) report(judged *load.Report) *Report {
	report := &Report{Seed: r.cfg.Seed, Load: judged, Violations: append(r.failed, judged.Violations...)}
	fail := func(format string, args ...any) {
		report.Violations = append(report.Violations, fmt.Sprintf(format, args...))
	}
	pauses := make(map[string]time.Duration)
	for _, f := range judged.Faults {
		pauses[f.Name] = time.Duration(f.GapMillis * float64(time.Millisecond))
	}
	for _, s := range r.done {
		during, reported := pauses[duringMark(s)]
		after, reportedToo := pauses[afterMark(s)]
		if !reported || !reportedToo {
			fail("step %d (%s): the load has no report of it", s.Number, s.Name)
		}
		if s.Survivable && during > r.cfg.Bound {
			fail("step %d (%s): service stood still for %v, expected %v at most", s.Number, s.Name, during, r.cfg.Bound)
		}
		if after > r.cfg.Bound {
			fail("after step %d (%s): service stood still for %v, expected %v at most", s.Number, s.Name, after, r.cfg.Bound)
		}
		report.Steps = append(report.Steps, Outcome{s, during, after})
	}
	return report
}

// String tells it to a person.
func (r *Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "seed %d, %d steps; longest time without a completed operation, in ms, during and after each\n\n",
		r.Seed, len(r.Steps))
	for _, s := range r.Steps {
		note := ""
		if !s.Survivable {
			note = " (no service expected)"
		}
		fmt.Fprintf(&b, "%4d  %8.1f  %8.1f  %s%s\n", s.Number, millis(s.During), millis(s.After), s.Name, note)
	}
	fmt.Fprintln(&b)
	figures := *r.Load
	figures.Faults = nil         // told above
	_ = figures.WriteFigures(&b) // a Builder takes everything
	for _, v := range r.Violations {
		fmt.Fprintln(&b, "FAILED:", v)
	}
	return b.String()
}

func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
