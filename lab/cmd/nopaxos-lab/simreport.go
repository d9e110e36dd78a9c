package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/netordered/nopaxos/lab/progress"
	"github.com/netordered/nopaxos/lab/sim"
)

// simReport is what came of a sweep.
type simReport struct {
	First           uint64       `json:"first"` // seed
	Seeds           int          `json:"seeds"` // that were begun
	Runs            int          `json:"runs"`  // seeds times profiles, as far as they got
	Failures        int          `json:"failures"`
	Events          uint64       `json:"events"`
	EventsPerSecond float64      `json:"events_per_second"` // of wall clock time, all runs together
	Operations      int          `json:"operations"`
	Views           int          `json:"views"`
	Sessions        int          `json:"sessions"`
	NoOps           int          `json:"no_ops"`
	Crashes         int          `json:"crashes"`
	VirtualSeconds  float64      `json:"virtual_seconds"`
	Failed          []simFailure `json:"failed,omitempty"`

	began time.Time
}

// simFailure is a seed that failed.
type simFailure struct {
	Seed    uint64      `json:"seed"`
	Profile sim.Profile `json:"profile"`
	What    string      `json:"what"`
	Plan    []string    `json:"plan"` // its faults, or, after --shrink, the fewest that make it fail
	Shrunk  bool        `json:"shrunk"`
}

func newSimReport(first uint64) *simReport { return &simReport{First: first, began: time.Now()} }

func (s *simReport) add(r *sim.Result) {
	s.Runs++
	s.Events += r.Events
	s.Operations += r.Completed
	s.Views += r.Views
	s.Sessions += r.Sessions
	s.NoOps += r.NoOps
	s.Crashes += r.Crashes
	s.VirtualSeconds += r.Virtual.Seconds()
}

// fail notes a seed that failed, and the smaller run that Shrink found, if there is one.
func (s *simReport) fail(r, smaller *sim.Result) simFailure {
	s.Failures++
	f := simFailure{Seed: r.Config.Seed, Profile: r.Config.Profile, What: r.Failures[0].String()}
	plan := r.Plan
	if len(smaller.Failures) > 0 {
		f.Shrunk, plan, f.What = true, smaller.Plan, smaller.Failures[0].String()
	}
	for _, fault := range plan {
		f.Plan = append(f.Plan, fault.String())
	}
	s.Failed = append(s.Failed, f)
	return f
}

func (s *simReport) finish(profiles int) {
	s.Seeds = (s.Runs + profiles - 1) / profiles
	if elapsed := time.Since(s.began).Seconds(); elapsed > 0 {
		s.EventsPerSecond = float64(s.Events) / elapsed
	}
}

func (s *simReport) writeText(w io.Writer) error {
	_, err := fmt.Fprintf(w, "%d runs of %d seeds from %d on, %d failed; %d events (%.0f a second), %.0f s of virtual time\n"+
		"%d operations completed; %d views, %d sessions, %d no-ops, %d crashes\n",
		s.Runs, s.Seeds, s.First, s.Failures, s.Events, s.EventsPerSecond, s.VirtualSeconds,
		s.Operations, s.Views, s.Sessions, s.NoOps, s.Crashes)
	return err
}

func (f simFailure) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "FAILED: %s seed %d: %s\n", f.Profile, f.Seed, f.What)
	title := "its faults"
	if f.Shrunk {
		title = "the fewest faults that make it fail"
	}
	if len(f.Plan) == 0 {
		title += ": none"
	}
	fmt.Fprintf(&b, "  %s\n", title)
	for _, fault := range f.Plan {
		fmt.Fprintf(&b, "    %s\n", fault)
	}
	fmt.Fprintf(&b, "  replay: nopaxos-lab sim --seed %d --profile %s --trace", f.Seed, f.Profile)
	return b.String()
}

// simProgress shows how far a sweep is.
type simProgress struct {
	line  *progress.Line
	sweep *sim.Sweep
	soak  bool
}

func newSimProgress(out io.Writer, s *sim.Sweep, soak bool) *simProgress {
	every := 10 * time.Second
	if soak {
		every = time.Minute
	}
	return &simProgress{line: progress.New(out, every), sweep: s, soak: soak}
}

// done says that one more run is over.
func (p *simProgress) done(r *simReport) {
	p.line.Show(func() string {
		elapsed := time.Since(r.began)
		rate := float64(r.Events) / elapsed.Seconds()
		if p.soak {
			return fmt.Sprintf("%v: %d runs of %d seeds from %d on, %d failed, %d events (%.0f/s)",
				elapsed.Round(time.Second), r.Runs, r.Runs/len(p.sweep.Profiles), r.First, r.Failures, r.Events, rate)
		}
		return fmt.Sprintf("%s runs, %d failed, %.0f events/s", progress.Bar(r.Runs, p.sweep.Runs()), r.Failures, rate)
	})
}

// shrinking says how many faults are left of those of a seed that failed.
func (p *simProgress) shrinking(left int) {
	p.line.ShowOnTerminal(func() string { return fmt.Sprintf("shrinking: %d faults left", left) })
}
