package bench

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
)

// WriteTable writes a summary for a terminal.
func (r *Report) WriteTable(w io.Writer) error {
	fmt.Fprintf(w, "\n%s\n%s scale, roles in %s, %.0f s\n\n", r.Machine, r.Scale, r.Place, r.Seconds)
	if err := r.writeIsolated(w); err != nil {
		return err
	}
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

// cellColumns are the titles of CellResult.columns.
var cellColumns = []string{
	"system", "replicas", "load", "operations/s", "p50 µs", "p99 µs",
	"busiest replica, µs CPU/op", "its capacity/s", "all roles, µs CPU/op", "allocations/op",
}

// columns formats a cell and the medians of its samples.
func (c *CellResult) columns() []string {
	columns := []string{title(c.System), strconv.Itoa(c.Servers()), c.Load()}
	for _, v := range []struct {
		format string
		of     Spread
	}{
		{"%.0f", c.Summary.Throughput}, {"%.0f", c.Summary.P50}, {"%.0f", c.Summary.P99},
		{"%.2f", c.Summary.BusiestCPU}, {"%.0f", c.Summary.Capacity}, {"%.2f", c.Summary.TotalCPU}, {"%.2f", c.Summary.Mallocs},
	} {
		columns = append(columns, fmt.Sprintf(v.format, v.of.Median))
	}
	return columns
}

// writeCells writes a line per cell.
func (r *Report) writeCells(w io.Writer) error {
	if len(r.Cells) == 0 {
		return nil
	}
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(out, strings.Join(cellColumns, "\t")+"\t")
	for i := range r.Cells {
		fmt.Fprintln(out, strings.Join(r.Cells[i].columns(), "\t")+"\t")
	}
	return out.Flush()
}

// Load describes the load of a cell in a few words.
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
		fmt.Fprintf(w, "\nmissed targets:\n  %s\n", strings.Join(gaps, "\n  "))
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
		fmt.Fprintf(w, "\nerrors:\n  %s\n", strings.Join(r.Flaws, "\n  "))
	}
	if missing := r.missing(); len(missing) > 0 {
		fmt.Fprintf(w, "\nnot measured:\n  %s\n", strings.Join(missing, "\n  "))
	}
	return nil
}

// Servers returns the number of a cell's replicas, which is one for a single server.
func (c Cell) Servers() int {
	if s, err := findSystem(c.System); err == nil && s.Single {
		return 1
	}
	return c.Replicas
}

// here formats the verdict and the finding.
func (c Claim) here() string {
	if c.Verdict == notMeasured {
		return string(notMeasured)
	}
	return fmt.Sprintf("%s: %s", c.Verdict, c.Here)
}

// list formats shares.
func list(shares []Share) string {
	parts := make([]string, len(shares))
	for i, s := range shares {
		parts[i] = fmt.Sprintf("%s %s", s.Name, percent(s.Part))
	}
	return strings.Join(parts, ", ")
}
