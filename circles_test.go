package nopaxos

import (
	"errors"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"go/types"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestFileCircles checks that no package of the product is one knot: of its files at most two thirds, and never fewer
// than four, may depend on one another in a circle. A file depends on another if it uses a function, type, variable,
// constant or method that the other declares.
func TestFileCircles(t *testing.T) {
	for dir := range imports(t) {
		if laboratory(dir) {
			continue
		}
		files := fileDependencies(t, dir)
		if circle := largestCircle(files); len(circle) > 3 && 3*len(circle) > 2*len(files) {
			t.Errorf("%s: %d of %d files depend on one another: %s", dir, len(circle), len(files), strings.Join(circle, " "))
		}
	}
}

// fileDependencies returns, for each file of the package in dir, the other files that it depends on. Tests and generated
// files do not count.
func fileDependencies(t *testing.T, dir string) map[string][]string {
	t.Helper()
	p, err := build.ImportDir(dir, 0)
	if err != nil {
		t.Fatal(err)
	}
	fset := token.NewFileSet()
	var parsed []*ast.File
	depends := make(map[string][]string)
	for _, name := range p.GoFiles {
		f, err := parser.ParseFile(fset, filepath.Join(dir, name), nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		parsed = append(parsed, f)
		if !ast.IsGenerated(f) {
			depends[name] = nil
		}
	}
	info := &types.Info{Uses: make(map[*ast.Ident]types.Object)}
	config := types.Config{Importer: noImports{}, Error: func(error) {}, FakeImportC: true}
	pkg, _ := config.Check(dir, fset, parsed, info)
	for used, object := range info.Uses {
		if object.Pkg() != pkg || !object.Pos().IsValid() {
			continue
		}
		function, _ := object.(*types.Func)
		if object.Parent() != pkg.Scope() && (function == nil || function.Signature().Recv() == nil) {
			continue // a field, a parameter or a local variable
		}
		from, to := filepath.Base(fset.Position(used.Pos()).Filename), filepath.Base(fset.Position(object.Pos()).Filename)
		_, counts := depends[to]
		if list, ok := depends[from]; ok && counts && from != to && !slices.Contains(list, to) {
			depends[from] = append(list, to)
		}
	}
	return depends
}

// noImports imports nothing: a file's references within its package resolve without what it imports.
type noImports struct{}

func (noImports) Import(string) (*types.Package, error) { return nil, errors.New("not imported") }

// largestCircle returns the largest set of files of which each depends, over any number of steps, on all others.
func largestCircle(depends map[string][]string) []string {
	reached := make(map[string]map[string]bool)
	for file := range depends {
		seen := make(map[string]bool)
		for next := []string{file}; len(next) > 0; next = next[1:] {
			for _, to := range depends[next[0]] {
				if !seen[to] {
					seen[to] = true
					next = append(next, to)
				}
			}
		}
		reached[file] = seen
	}
	var largest []string
	for file := range depends {
		var circle []string
		for other := range depends {
			if reached[file][other] && reached[other][file] {
				circle = append(circle, other)
			}
		}
		if len(circle) > len(largest) {
			slices.Sort(circle)
			largest = circle
		}
	}
	return largest
}
