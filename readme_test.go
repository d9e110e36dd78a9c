// Package nopaxos has nothing but the test of what the README shows.
package nopaxos

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

var goBlock = regexp.MustCompile("(?s)```go\n(.*?)```")

// The README's programs are the examples that are compiled with the tests: each is the file as it is,
// as a program of its own, with the example as its main function, like go doc shows it.
func TestProgramsOfTheREADME(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	examples := []string{"replica/server/example_test.go", "client/example_test.go"}
	blocks := goBlock.FindAllStringSubmatch(string(readme), -1)
	if len(blocks) != len(examples) {
		t.Fatalf("README.md has %d blocks of Go, expected %d", len(blocks), len(examples))
	}
	for i, name := range examples {
		if got, want := blocks[i][1], program(t, name); got != want {
			t.Errorf("README.md, Go block %d is not %s:\n%s\nexpected\n%s", i+1, name, got, want)
		}
	}
}

var packageClause = regexp.MustCompile(`(?m)^package \w+_test$`)

// program is an example file as a program.
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
