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
		fmt.Fprintf(w, "\n%s (%s)\n", f.Title, f.Source)
		for _, c := range f.Claims {
			fmt.Fprintf(w, "  paper: %s\n  here:  %s\n", c.Paper, c.here())
		}
		if f.Here != "" {
			fmt.Fprintf(w, "  %s\n", f.Here)
		}
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
			title(c.System), c.Servers(), c.Load(), s.Throughput.Median, s.P50.Median, s.P99.Median,
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
	var gaps []string
	for _, t := range r.Targets {
		if !t.Measured {
			unknown++
			continue
		}
		fmt.Fprintf(out, "%s\t%s\t%s\t\n", t.Name, t.Want, t.Outcome())
		if gap := t.Gap(); gap != "" {
			gaps = append(gaps, t.Name+": "+gap)
		}
	}
	if err := out.Flush(); err != nil {
		return err
	}
	if len(gaps) > 0 {
		fmt.Fprintf(w, "\nwhat is missing:\n  %s\n", strings.Join(gaps, "\n  "))
	}
	if unknown > 0 {
		fmt.Fprintf(w, "%d more targets were not measured\n", unknown)
	}
	for _, p := range r.Profiles {
		fmt.Fprintf(w, "\nCPU time of the busiest replica, %s: %s\n", title(p.System), list(p.Groups))
	}
	for _, warning := range r.Warnings {
		fmt.Fprintf(w, "\ncareful: %s\n", warning)
	}
	if len(r.Flaws) > 0 {
		fmt.Fprintf(w, "\nwent wrong:\n  %s\n", strings.Join(r.Flaws, "\n  "))
	}
	if missing := r.missing(); len(missing) > 0 {
		fmt.Fprintf(w, "\nnot measured:\n  %s\n", strings.Join(missing, "\n  "))
	}
	return nil
}

// Servers is how many replicas a cell has: one, where the system is a single server.
func (c Cell) Servers() int {
	if s, err := findSystem(c.System); err == nil && s.Single {
		return 1
	}
	return c.Replicas
}

// here says what was found, and whether the claim holds.
func (c Claim) here() string {
	if c.Verdict == NotMeasured {
		return string(NotMeasured)
	}
	return fmt.Sprintf("%s: %s", c.Verdict, c.Here)
}

// list writes shares.
func list(shares []Share) string {
	parts := make([]string, len(shares))
	for i, s := range shares {
		parts[i] = fmt.Sprintf("%s %s", s.Name, percent(s.Part))
	}
	return strings.Join(parts, ", ")
}
