package bench

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// writeMarkdown writes tables of the paper's claims with the findings here, the targets, and every cell.
func (r *Report) writeMarkdown(w io.Writer) error {
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "%s. %s scale, roles in %s, %s.\n\n", r.Machine, r.Scale, r.Place, r.Started.Format("2006-01-02"))
	for _, warning := range r.Warnings {
		fmt.Fprintf(out, "**Careful:** %s.\n\n", warning)
	}
	if table := r.isolatedTable(); table != nil {
		fmt.Fprintf(out, "%s\n\n", isolatedNote)
		for i, row := range table {
			fmt.Fprintf(out, "| %s |\n", strings.Join(row, " | "))
			if i == 0 {
				fmt.Fprintf(out, "|%s\n", strings.Repeat("---|", len(row)))
			}
		}
		fmt.Fprintln(out)
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
	fmt.Fprintf(out, "\n| %s |\n|%s\n", strings.Join(cellColumns, " | "), strings.Repeat("---|", len(cellColumns)))
	for i := range r.Cells {
		fmt.Fprintf(out, "| %s |\n", strings.Join(r.Cells[i].columns(), " | "))
	}
	for _, f := range r.Flaws {
		fmt.Fprintf(out, "\nError: %s.\n", f)
	}
	for _, m := range r.missing() {
		fmt.Fprintf(out, "\nNot measured: %s.\n", m)
	}
	return out.Flush()
}

// paperFigure returns the name of the paper's figure in a source: "Figure 5".
func paperFigure(source string) string {
	name, _, _ := strings.Cut(source, ",")
	return name
}
