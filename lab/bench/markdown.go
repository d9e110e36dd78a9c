package bench

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// WriteMarkdown writes what a README shows: the paper's claims beside what is found here, the targets,
// and every cell.
func (r *Report) WriteMarkdown(w io.Writer) error {
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "%s. %s scale, roles in %s, %s.\n\n", r.Machine, r.Scale, r.Place, r.Started.Format("2006-01-02"))
	for _, warning := range r.Warnings {
		fmt.Fprintf(out, "**Careful:** %s.\n\n", warning)
	}
	fmt.Fprintln(out, "| the paper | | here | |\n|---|---|---|---|")
	for _, f := range r.Figures {
		for _, c := range f.Claims {
			fmt.Fprintf(out, "| %s | %s | %s | %s |\n", paperFigure(f.Source), c.Paper, c.Here, c.Verdict)
		}
	}
	fmt.Fprintln(out)
	for _, f := range r.Figures {
		if f.Here != "" {
			fmt.Fprintf(out, "* **%s** ([plot](%s)). %s\n", f.Title, figureFile(f.Name), f.Here)
		}
	}
	fmt.Fprintln(out, "\n| target | wanted | here |\n|---|---|---|")
	for _, t := range r.Targets {
		fmt.Fprintf(out, "| %s | %s | %s |\n", t.Name, t.Want, t.Outcome())
	}
	fmt.Fprintln(out)
	for _, t := range r.Targets {
		if gap := t.Gap(); gap != "" {
			fmt.Fprintf(out, "* Missing at “%s”: %s.\n", t.Name, gap)
		}
	}
	if len(r.Profiles) > 0 {
		fmt.Fprintln(out, "\n| CPU time of the busiest replica | µs per operation, profiled | by group | by function |\n|---|---|---|---|")
	}
	for _, p := range r.Profiles {
		fmt.Fprintf(out, "| %s | %.2f | %s | %s |\n", title(p.System), p.CPU, list(p.Groups), list(p.Functions))
	}
	fmt.Fprintln(out, "\n| system | replicas | load | operations/s | p50 µs | p99 µs | busiest replica, µs CPU/op | capacity/s | all roles, µs CPU/op | allocations/op |\n|---|---|---|---|---|---|---|---|---|---|")
	for _, c := range r.Cells {
		s := c.Summary
		fmt.Fprintf(out, "| %s | %d | %s | %.0f | %.0f | %.0f | %.2f | %.0f | %.2f | %.2f |\n",
			title(c.System), c.Servers(), c.Load(), s.Throughput.Median, s.P50.Median, s.P99.Median,
			s.BusiestCPU.Median, s.Capacity.Median, s.TotalCPU.Median, s.Mallocs.Median)
	}
	for _, f := range r.Flaws {
		fmt.Fprintf(out, "\nWent wrong: %s.\n", f)
	}
	for _, m := range r.missing() {
		fmt.Fprintf(out, "\nNot measured: %s.\n", m)
	}
	return out.Flush()
}

// paperFigure is which of the paper's figures a source names: "Figure 5".
func paperFigure(source string) string {
	name, _, _ := strings.Cut(source, ",")
	return name
}
