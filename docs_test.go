// Package nopaxos has only the tests of the documents and of the import graph.
package nopaxos

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var goBlock = regexp.MustCompile("(?s)```go\n(.*?)```")

// TestProgramsOfTheDocuments compares the Go programs of docs/extending.md with the examples that the compiler
// checks: each is the whole file, as a program of its own, with the example as its main function.
func TestProgramsOfTheDocuments(t *testing.T) {
	const document = "docs/extending.md"
	text, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	examples := []string{"replica/server/example_test.go", "client/example_test.go"}
	blocks := goBlock.FindAllStringSubmatch(string(text), -1)
	if len(blocks) != len(examples) {
		t.Fatalf("%s has %d blocks of Go, expected %d", document, len(blocks), len(examples))
	}
	for i, name := range examples {
		if got, want := blocks[i][1], program(t, name); got != want {
			t.Errorf("%s, Go block %d is not %s:\n%s\nexpected\n%s", document, i+1, name, got, want)
		}
	}
}

var packageClause = regexp.MustCompile(`(?m)^package \w+_test$`)

// program returns an example file as a program.
func program(t *testing.T, file string) string {
	t.Helper()
	source, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text := packageClause.ReplaceAllString(string(source), "package main")
	main := strings.Replace(text, "\nfunc Example() {", "\nfunc main() {", 1)
	if text == string(source) || main == text {
		t.Fatalf("%s has no package clause that ends in _test, or no function Example", file)
	}
	return main
}

var (
	link      = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	codeBlock = regexp.MustCompile("(?ms)^```.*?^```$")
	heading   = regexp.MustCompile(`(?m)^#+ (.*)$`)
	unslugged = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

// TestLinks checks that each relative link of each document leads to a file of the tree, and to a heading of it.
func TestLinks(t *testing.T) {
	for _, document := range documents(t) {
		text, err := os.ReadFile(document)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range link.FindAllStringSubmatch(codeBlock.ReplaceAllString(string(text), ""), -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			name, anchor, _ := strings.Cut(m[1], "#")
			target := document
			if name != "" {
				target = filepath.Join(filepath.Dir(document), name)
			}
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s links to %s: %v", document, m[1], err)
			} else if anchor != "" && !slices.Contains(anchors(t, target), anchor) {
				t.Errorf("%s links to %s, but %s has no such heading", document, m[1], target)
			}
		}
	}
}

// documents lists the Markdown files of the tree.
func documents(t *testing.T) (list []string) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata"):
			return filepath.SkipDir
		case filepath.Ext(path) == ".md":
			list = append(list, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// anchors lists the anchors that GitHub gives the headings of a document.
func anchors(t *testing.T, document string) (list []string) {
	t.Helper()
	text, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range heading.FindAllStringSubmatch(codeBlock.ReplaceAllString(string(text), ""), -1) {
		slug := unslugged.ReplaceAllString(strings.ToLower(m[1]), "")
		list = append(list, strings.ReplaceAll(slug, " ", "-"))
	}
	return list
}
