package bench

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// WriteTable writes what a person at a terminal wants to see first.
func (r *Report) WriteTable(w io.Writer) error {
	fmt.Fprintf(w, "\n%s\n%s scale, roles in %s, %.0f s\n\n", r.Machine, r.Scale, r.Place, r.Seconds)
	if err := r.writeCells(w); err != nil {
		return err
	}
	for _, f := range r.Figures {
		fmt.Fprintf(w, "\n%s\n  paper: %s\n  here:  %s\n", f.Title, f.Paper, f.Here)
	}
	fmt.Fprintln(w)
	return r.writeTargets(w)
}

// writeCells writes a line for every cell.
func (r *Report) writeCells(w io.Writer) error {
	if len(r.Cells) == 0 {
		return nil
	}
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(out, "system\treplicas\tload\toperations/s\tp50 µs\tp99 µs\tbusiest replica µs CPU/op\tits capacity/s\tall roles µs CPU/op\tallocs/op\t")
	for _, c := range r.Cells {
		s := c.Summary
		fmt.Fprintf(out, "%s\t%d\t%s\t%.0f\t%.0f\t%.0f\t%.2f\t%.0f\t%.2f\t%.2f\t\n",
			title(c.System), c.Replicas, c.Load(), s.Throughput.Median, s.P50.Median, s.P99.Median,
			s.BusiestCPU.Median, s.Capacity.Median, s.TotalCPU.Median, s.Mallocs.Median)
	}
	return out.Flush()
}

// Load says in a word or two under what a cell was measured.
func (c Cell) Load() string {
	text := fmt.Sprintf("%d callers", c.Callers)
	if c.Rate > 0 {
		text = fmt.Sprintf("%g/s", c.Rate)
	}
	if c.Workload != c.Machine {
		text += ", " + strings.ToUpper(c.Workload)
	}
	if c.Loss > 0 {
		text += fmt.Sprintf(", %g %% lost", 100*c.Loss)
	}
	if c.Saturated {
		text += ", saturated"
	}
	return text
}

func (r *Report) writeTargets(w io.Writer) error {
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "target\twanted\there\t")
	unknown := 0
	for _, t := range r.Targets {
		if !t.Measured {
			unknown++
			continue
		}
		fmt.Fprintf(out, "%s\t%s\t%s\t\n", t.Name, t.Want, t.here())
	}
	if err := out.Flush(); err != nil {
		return err
	}
	if unknown > 0 {
		fmt.Fprintf(w, "%d more targets were not measured\n", unknown)
	}
	if len(r.Flaws) > 0 {
		fmt.Fprintf(w, "\nwent wrong:\n  %s\n", strings.Join(r.Flaws, "\n  "))
	}
	if missing := r.missing(); len(missing) > 0 {
		fmt.Fprintf(w, "\nnot measured:\n  %s\n", strings.Join(missing, "\n  "))
	}
	return nil
}

// here says what came of a target.
func (t Target) here() string {
	switch {
	case !t.Measured:
		return "not measured"
	case t.Met:
		return fmt.Sprintf("%.2f, met", t.Got)
	}
	return fmt.Sprintf("%.2f, missed", t.Got)
}
