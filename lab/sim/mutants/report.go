package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
)

// table prints one line per mutant, as results arrive.
type table struct {
	mu    sync.Mutex
	out   io.Writer
	width int
}

func newTable(out io.Writer, mutants []mutant) *table {
	t := &table{out: out}
	for i := range mutants {
		t.width = max(t.width, len(mutants[i].name))
	}
	fmt.Fprintf(out, "%-*s  seeds  profile   time    what caught it\n", t.width, "mutant")
	return t
}

func (t *table) row(o *outcome) {
	t.mu.Lock()
	defer t.mu.Unlock()
	seeds, profile, what := fmt.Sprint(o.find.Runs), o.find.Profile, summary(o.find.What)
	switch {
	case o.err != nil:
		what, _, _ = strings.Cut("ERROR: "+o.err.Error(), "\n")
	case !o.caught():
		what = "SURVIVED"
	}
	fmt.Fprintf(t.out, "%-*s  %5s  %-8s  %5.1fs  %s\n", t.width, o.mutant.name, seeds, profile, o.took.Round(time.Millisecond).Seconds(), what)
}

// total prints the sums.
func total(out io.Writer, outcomes []outcome, took time.Duration) {
	caught, seeds := 0, 0
	for i := range outcomes {
		if outcomes[i].caught() {
			caught++
		}
		seeds += outcomes[i].find.Runs
	}
	fmt.Fprintf(out, "%d of %d mutants caught, %d seeds, %v\n", caught, len(outcomes), seeds, took.Round(time.Second))
}

// summaryLen is the number of bytes of a failure that the table shows.
const summaryLen = 150

// summary returns the first line of a failure, shortened.
func summary(what string) string {
	what, _, _ = strings.Cut(what, "\n")
	if len(what) > summaryLen {
		what = what[:summaryLen] + "…"
	}
	return what
}

// The function document writes the part of the file between these lines.
const (
	beginTable = "<!-- mutants: written by make mutants-doc, do not edit -->\n"
	endTable   = "<!-- mutants: end -->\n"
)

// document writes the table into a Markdown file.
func document(path string, outcomes []outcome) error {
	var out strings.Builder
	fmt.Fprintf(&out, "| planted bug | why it is one | seeds | profile | caught by |\n|---|---|---|---|---|\n")
	for i := range outcomes {
		o := &outcomes[i]
		caught := "**survived**"
		if o.caught() {
			caught = cell(summary(o.find.What))
		}
		fmt.Fprintf(&out, "| %s | %s | %d | %s | %s |\n", o.mutant.name, cell(o.mutant.why), o.find.Runs, o.find.Profile, caught)
	}
	return rewrite(path, beginTable, endTable, out.String())
}

// rewrite replaces the text between two lines of a file.
func rewrite(path, begin, end, text string) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	head, rest, ok := strings.Cut(string(b), begin)
	_, tail, closed := strings.Cut(rest, end)
	if !ok || !closed {
		return fmt.Errorf("%s: expected the lines %q and %q", path, strings.TrimSpace(begin), strings.TrimSpace(end))
	}
	return os.WriteFile(path, []byte(head+begin+text+end+tail), 0o644)
}

// cell escapes Markdown's special characters.
func cell(s string) string {
	return strings.NewReplacer("|", "\\|", "<", "&lt;", ">", "&gt;").Replace(s)
}
