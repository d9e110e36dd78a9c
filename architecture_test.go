package nopaxos

import (
	"errors"
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

// docs/architecture.md says which package imports which: the table is what the source says.
func TestImportTable(t *testing.T) {
	text, err := os.ReadFile("docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, ok := strings.Cut(string(text), "\n## Who imports whom\n")
	if !ok {
		t.Fatal("docs/architecture.md has no section on who imports whom")
	}
	table, _, _ = strings.Cut(table, "\n## ")
	written := make(map[string][]string)
	for line := range strings.Lines(table) {
		words := strings.Fields(strings.ReplaceAll(line, "—", ""))
		if strings.HasPrefix(line, "    ") && len(words) > 0 {
			written[words[0]] = words[1:]
		}
	}
	have := imports(t)
	for _, name := range slices.Sorted(maps.Keys(have)) {
		if got, ok := written[name]; !ok || !slices.Equal(got, have[name]) {
			t.Errorf("docs/architecture.md says %s imports %v (there: %v), expected %v", name, got, ok, have[name])
		}
		delete(written, name)
	}
	for _, name := range slices.Sorted(maps.Keys(written)) {
		t.Errorf("docs/architecture.md has %s, which is no package", name)
	}
}

// imports lists what every package of the module imports of the module, in order.
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
