package bench

import (
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// docs/performance.md documents exactly the fields of results.json.
func TestFormatIsDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/performance.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, ok := strings.Cut(string(text), "\n## The format of results.json\n")
	if !ok {
		t.Fatal("docs/performance.md has no section on the format of results.json")
	}
	section, _, _ = strings.Cut(section, "\n## ")
	var written []string
	for line := range strings.Lines(section) {
		if row := regexp.MustCompile("^\\| `([A-Z][A-Za-z0-9.]*)` \\|").FindStringSubmatch(line); row != nil {
			written = append(written, row[1])
		}
	}
	want := fields(reflect.TypeFor[Report](), "")
	for _, f := range want {
		if !slices.Contains(written, f) {
			t.Errorf("%s is not documented", f)
		}
	}
	for _, f := range written {
		if !slices.Contains(want, f) {
			t.Errorf("%s is documented but does not exist", f)
		}
	}
}

// fields lists the JSON fields of a type and, recursively, of their types: "Cells", "Cells.System", ….
func fields(t reflect.Type, prefix string) (list []string) {
	for t.Kind() == reflect.Slice || t.Kind() == reflect.Pointer || t.Kind() == reflect.Map {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || t == reflect.TypeFor[time.Time]() || t == reflect.TypeFor[Spread]() {
		return nil
	}
	for i := range t.NumField() {
		f := t.Field(i)
		switch {
		case f.Anonymous:
			list = append(list, fields(f.Type, prefix)...)
		case f.IsExported():
			list = append(list, prefix+f.Name)
			list = append(list, fields(f.Type, prefix+f.Name+".")...)
		}
	}
	return list
}
