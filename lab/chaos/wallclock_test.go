package chaos

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

// roles are the packages and files that a cluster's processes are made of; what they import of this module
// is looked at, too.
var (
	rolePackages = []string{"client", "controlplane", "kv/resp", "replica/server", "sequencer/udp", "internal/ops"}
	roleFiles    = []string{"controller.go", "sequencer.go", "replica.go", "kv.go", "client.go", "role.go", "health.go"}
)

// wallClockAllowed are the places that may read the wall clock, and why that is harmless.
var wallClockAllowed = map[string]string{
	"controlplane/push.go: Unix": "a floor of the election id: the store's count only rises, whatever the clock does",
}

// wallClock are the names by which Go code gets at the wall clock in a way that counts. A time.Time from
// time.Now carries a monotonic reading, and comparing, subtracting and waiting use that; these take the wall
// clock's, or lose the monotonic one. Log lines and JSON, which show a time to people, are none.
var wallClock = []string{
	"Unix", "UnixMilli", "UnixMicro", "UnixNano", "Date", "Clock", "Year", "Month", "Day", "Hour", "Weekday",
	"YearDay", "ISOWeek", "UTC", "Local", "In", "AddDate", "Truncate", "ModTime", "Format", "AppendFormat",
	"ClockGettime", "Gettimeofday",
}

// Nobody who takes part in the protocol decides anything by the wall clock, so it may jump.
func TestNobodyReadsTheWallClock(t *testing.T) {
	const root = "../.."
	args := []string{"list", "-deps", "-f", "{{if .Module}}{{if .Module.Main}}{{range .GoFiles}}{{$.Dir}}/{{.}}\n{{end}}{{end}}{{end}}"}
	for _, p := range rolePackages {
		args = append(args, "./"+p)
	}
	list := exec.Command("go", args...)
	list.Dir = root
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	files := strings.Fields(string(out))
	for _, name := range roleFiles {
		files = append(files, filepath.Join(root, "cmd", "nopaxos", name))
	}
	if len(files) < 50 {
		t.Fatalf("%d files only: %v", len(files), files)
	}
	top, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	used := make(map[string]bool)
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		short := strings.TrimPrefix(strings.TrimPrefix(name, top+"/"), root+"/")
		for _, call := range wallClockCalls(file) {
			place := short + ": " + call
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

// wallClockCalls lists the calls by those names in a file.
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
