package bench

import (
	"bufio"
	"fmt"
	"io"
)

// WriteMarkdown writes what a README shows: the paper's claims beside what is found here, the targets,
// and every cell.
func (r *Report) WriteMarkdown(w io.Writer) error {
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "%s. %s scale, roles in %s, %s.\n\n", r.Machine, r.Scale, r.Place, r.Started.Format("2006-01-02"))
	fmt.Fprintln(out, "| figure | paper | here |\n|---|---|---|")
	for _, f := range r.Figures {
		fmt.Fprintf(out, "| %s | %s | %s |\n", f.Title, f.Paper, f.Here)
	}
	fmt.Fprintln(out, "\n| target | wanted | here |\n|---|---|---|")
	for _, t := range r.Targets {
		fmt.Fprintf(out, "| %s | %s | %s |\n", t.Name, t.Want, t.here())
	}
	fmt.Fprintln(out, "\n| system | replicas | load | operations/s | p50 µs | p99 µs | busiest replica, µs CPU/op | capacity/s | all roles, µs CPU/op | allocations/op |\n|---|---|---|---|---|---|---|---|---|---|")
	for _, c := range r.Cells {
		s := c.Summary
		fmt.Fprintf(out, "| %s | %d | %s | %.0f | %.0f | %.0f | %.2f | %.0f | %.2f | %.2f |\n",
			title(c.System), c.Replicas, c.Load(), s.Throughput.Median, s.P50.Median, s.P99.Median,
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
