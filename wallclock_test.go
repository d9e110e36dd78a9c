package nopaxos

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// rolePackages, with their imports from this module, are what a cluster's processes and its clients run.
var rolePackages = []string{"./cmd/nopaxos", "./client"}

// wallClockAllowed lists the calls that may read the wall clock, and why they are harmless.
var wallClockAllowed = map[string]string{
	"controlplane/push.go: Unix": "a lower bound of the election id: the stored count only rises, whatever the clock does",
}

// wallClock lists functions and methods that read the wall clock or drop a time's monotonic reading. Comparing,
// subtracting and waiting use the monotonic reading that time.Now returns. Log lines and JSON, which show a time to
// people, do not count.
var wallClock = []string{
	"Unix", "UnixMilli", "UnixMicro", "UnixNano", "Date", "Clock", "Year", "Month", "Day", "Hour", "Weekday",
	"YearDay", "ISOWeek", "UTC", "Local", "In", "AddDate", "Truncate", "ModTime", "Format", "AppendFormat",
	"ClockGettime", "Gettimeofday",
}

// TestWallClock checks that no role and no client decides anything by the wall clock, which may jump.
func TestWallClock(t *testing.T) {
	args := []string{"list", "-deps", "-f", "{{if .Module}}{{if .Module.Main}}{{range .GoFiles}}{{$.Dir}}/{{.}}\n{{end}}{{end}}{{end}}"}
	out, err := exec.Command("go", append(args, rolePackages...)...).Output()
	if err != nil {
		t.Fatal(err)
	}
	files := strings.Fields(string(out))
	if len(files) < 50 {
		t.Fatalf("only %d files: %v", len(files), files)
	}
	top, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	used := make(map[string]bool)
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, call := range wallClockCalls(file) {
			place := strings.TrimPrefix(name, top+"/") + ": " + call
			if used[place] = true; wallClockAllowed[place] == "" {
				t.Errorf("%s reads the wall clock, which may jump: use the monotonic clock, or say here why it does no harm", place)
			}
		}
	}
	for place := range wallClockAllowed {
		if !used[place] {
			t.Errorf("%s does not read the wall clock any more", place)
		}
	}
}

// wallClockCalls lists the calls of these functions in a file.
func wallClockCalls(file *ast.File) []string {
	var calls []string
	ast.Inspect(file, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		if s, ok := call.Fun.(*ast.SelectorExpr); ok && slices.Contains(wallClock, s.Sel.Name) {
			calls = append(calls, s.Sel.Name)
		}
		return true
	})
	return calls
}

func TestWallClockCallsAreFound(t *testing.T) {
	const source = `package p
func f() {
	t := time.Now()
	use(t.Sub(u), t.After(u), time.Since(t), t.Add(d))
	use(time.Now().UnixNano(), t.Truncate(d).Format(x))
	unix.ClockGettime(c, p)
}`
	file, err := parser.ParseFile(token.NewFileSet(), "p.go", source, 0)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"UnixNano", "Format", "Truncate", "ClockGettime"}
	if got := wallClockCalls(file); !slices.Equal(got, want) {
		t.Errorf("found %v, expected %v", got, want)
	}
}
