//go:build linux

package chaos

import (
	"fmt"
	"strings"
	"time"

	"github.com/netordered/nopaxos/lab/load"
)

// report is the outcome of a run.
type report struct {
	Seed  uint64
	Steps []outcome
	Load  *load.Report

	Violations []string // in words
}

// outcome is a completed step with the longest gaps in service.
type outcome struct {
	step
	During time.Duration // during the faults
	After  time.Duration // from their end to the next step
}

// report checks the gaps and adds the violations that the load found.
func (r *run) report(judged *load.Report) *report {
	report := &report{Seed: r.cfg.Seed, Load: judged, Violations: append(r.failed, judged.Violations...)}
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
			fail("step %d (%s): the load did not report it", s.Number, s.Name)
		}
		if s.Survivable && during > r.cfg.Bound {
			fail("step %d (%s): a gap in service of %v, expected at most %v", s.Number, s.Name, during, r.cfg.Bound)
		}
		if after > r.cfg.Bound {
			fail("after step %d (%s): a gap in service of %v, expected at most %v", s.Number, s.Name, after, r.cfg.Bound)
		}
		report.Steps = append(report.Steps, outcome{s, during, after})
	}
	return report
}

// String formats the report as text.
func (r *report) String() string {
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
	figures.Faults = nil         // listed above
	_ = figures.WriteFigures(&b) // a Builder takes everything
	for _, v := range r.Violations {
		fmt.Fprintln(&b, "FAILED:", v)
	}
	return b.String()
}

func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
