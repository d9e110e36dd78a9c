package replica

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Scenarios are text: commands, a line of dashes, and the expected output. They are in testdata/scenarios, one
// file per rule of the protocol, named after the rule. -rewrite updates the expected output; compare the
// difference with the rule before committing it.
//
// The commands are documented at their methods of scenarioWorld, in scenario_commands_test.go.

var rewrite = flag.Bool("rewrite", false, "write the scenarios' expected output anew")

// directive is a list of commands with their expected output.
type directive struct {
	line     int
	comments []string
	commands []string
	expected string
}

func TestScenarios(t *testing.T) {
	files, err := filepath.Glob("testdata/scenarios/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenarios in testdata/scenarios: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) { runScenario(t, file) })
	}
}

func runScenario(t *testing.T, file string) {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	directives, err := parseScenario(string(text))
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	w := &scenarioWorld{}
	for i := range directives {
		d := &directives[i]
		w.out.Reset()
		for _, command := range d.commands {
			if err := w.run(command); err != nil {
				fmt.Fprintf(&w.out, "error: %v\n", err)
			}
		}
		got := w.out.String()
		if got == "" {
			got = "ok\n"
		}
		if *rewrite {
			d.expected = got
			continue
		}
		if got != d.expected {
			t.Errorf("%s:%d: %s\ngot:\n%swant:\n%s", file, d.line, strings.Join(d.commands, "; "), got, d.expected)
		}
	}
	if *rewrite {
		if err := os.WriteFile(file, []byte(formatScenario(directives)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// parseScenario parses directives: comment lines that start with #, command lines, ----, and output up to an
// empty line.
func parseScenario(text string) ([]directive, error) {
	var all []directive
	d := directive{}
	inOutput := false
	for i, line := range strings.Split(text, "\n") {
		switch {
		case inOutput && line == "":
			all = append(all, d)
			d, inOutput = directive{}, false
		case inOutput:
			d.expected += line + "\n"
		case line == "----":
			if len(d.commands) == 0 {
				return nil, fmt.Errorf("line %d: output without a command", i+1)
			}
			d.line, inOutput = i, true
		case strings.HasPrefix(line, "#"):
			d.comments = append(d.comments, line)
		case line != "":
			d.commands = append(d.commands, line)
		case len(d.comments) > 0 && len(d.commands) == 0:
			d.comments = append(d.comments, "")
		}
	}
	if inOutput {
		all = append(all, d)
	} else if len(d.commands) > 0 {
		return nil, fmt.Errorf("command %q at the end has no ---- below it", d.commands[0])
	}
	return all, nil
}

func formatScenario(directives []directive) string {
	var b strings.Builder
	for i, d := range directives {
		if i > 0 {
			b.WriteByte('\n')
		}
		for _, c := range d.comments {
			b.WriteString(c + "\n")
		}
		for _, c := range d.commands {
			b.WriteString(c + "\n")
		}
		b.WriteString("----\n" + d.expected)
	}
	return b.String()
}
