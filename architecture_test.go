package nopaxos

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"go/build"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/netordered/nopaxos/"

var rewrite = flag.Bool("rewrite", false, "write the import table of docs/architecture.md anew")

const architecture = "docs/architecture.md"

// The table between these two lines of docs/architecture.md says which package imports which.
const (
	tableBegins = "<!-- imports: written by go test . -run TestImportTable -rewrite -->\n"
	tableEnds   = "<!-- imports: end -->\n"
)

// TestImportTable compares the table of docs/architecture.md with the source.
func TestImportTable(t *testing.T) {
	text, err := os.ReadFile(architecture)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), tableBegins)
	got, after, ended := strings.Cut(rest, tableEnds)
	if !ok || !ended {
		t.Fatalf("%s has no table between %q and %q", architecture, tableBegins, tableEnds)
	}
	want := table(imports(t))
	if got == want {
		return
	}
	if !*rewrite {
		t.Fatalf("the table of %s is\n%s\nexpected\n%s", architecture, got, want)
	}
	if err := os.WriteFile(architecture, []byte(before+tableBegins+want+tableEnds+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestProductWithoutLaboratory checks that no package of the product imports one of the laboratory.
func TestProductWithoutLaboratory(t *testing.T) {
	for name, imported := range imports(t) {
		for _, i := range imported {
			if !laboratory(name) && laboratory(i) {
				t.Errorf("%s imports %s, expected a product that does not need its laboratory", name, i)
			}
		}
	}
}

func laboratory(name string) bool { return name == "lab" || strings.HasPrefix(name, "lab/") }

// table lists every package with its imports, each after the packages that it imports.
func table(imports map[string][]string) string {
	var out strings.Builder
	out.WriteByte('\n')
	written := make(map[string]bool)
	var write func(name string)
	write = func(name string) {
		if written[name] {
			return
		}
		written[name] = true
		for _, i := range imports[name] {
			write(i)
		}
		fmt.Fprintf(&out, "    %-20s %s\n", name, cmp.Or(strings.Join(imports[name], " "), "—"))
	}
	names := slices.Sorted(maps.Keys(imports))
	for _, lab := range []bool{false, true} {
		for _, name := range names {
			if laboratory(name) == lab {
				write(name)
			}
		}
	}
	out.WriteByte('\n')
	return out.String()
}

// imports lists what every package of the tree imports of the tree, in order.
func imports(t *testing.T) map[string][]string {
	t.Helper()
	all := make(map[string][]string)
	err := filepath.WalkDir(".", func(dir string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		if name := d.Name(); dir != "." && (strings.HasPrefix(name, ".") || name == "testdata") {
			return filepath.SkipDir
		}
		p, err := build.ImportDir(dir, 0)
		var none *build.NoGoError
		if errors.As(err, &none) || err == nil && len(p.GoFiles) == 0 {
			return nil
		}
		if err != nil {
			return err
		}
		ours := []string{}
		for _, i := range p.Imports {
			if name, ok := strings.CutPrefix(i, module); ok {
				ours = append(ours, name)
			}
		}
		slices.Sort(ours)
		all[filepath.ToSlash(dir)] = ours
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
