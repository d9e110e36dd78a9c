package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// mutant is a planted bug: a small change of the source that a hurried programmer could make.
//
// Its file has the mutant's name:
//
//	why: the reason for the rule that it breaks, in one line
//	profile: chaos lossy            (optional; default: all but calm)
//	file: replica/merge.go          (once or more)
//	<<<<
//	lines that occur in the file exactly once
//	====
//	their replacement
//	>>>>
type mutant struct {
	name     string
	why      string
	profiles []string
	patches  []patch
}

// patch is a replacement in one file.
type patch struct {
	file     string // relative to the checkout
	old, new string
}

const (
	markOld = "<<<<"
	markNew = "===="
	markEnd = ">>>>"
)

// readMutants reads all mutants in a directory, sorted by name.
func readMutants(dir string) ([]mutant, error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*.txt"))
	if err != nil {
		return nil, err
	}
	if len(paths) == 0 {
		return nil, fmt.Errorf("%s: no mutants (*.txt)", dir)
	}
	slices.Sort(paths)
	var mutants []mutant
	for _, path := range paths {
		b, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		m, err := parseMutant(strings.TrimSuffix(filepath.Base(path), ".txt"), b)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		mutants = append(mutants, m)
	}
	return mutants, nil
}

func parseMutant(name string, b []byte) (mutant, error) {
	m := mutant{name: name}
	file := ""
	lines := bytes.SplitAfter(b, []byte("\n"))
	for i := 0; i < len(lines); i++ {
		line := strings.TrimSpace(string(lines[i]))
		key, value, _ := strings.Cut(line, ":")
		switch value = strings.TrimSpace(value); {
		case line == "":
		case line == markOld:
			p := patch{file: file}
			for i++; i < len(lines) && strings.TrimSpace(string(lines[i])) != markNew; i++ {
				p.old += string(lines[i])
			}
			for i++; i < len(lines) && strings.TrimSpace(string(lines[i])) != markEnd; i++ {
				p.new += string(lines[i])
			}
			if i >= len(lines) || file == "" || p.old == "" {
				return m, fmt.Errorf("a replacement is a file: line, then %s, the original lines, %s, the new lines, %s", markOld, markNew, markEnd)
			}
			m.patches = append(m.patches, p)
		case key == "why":
			m.why = value
		case key == "profile":
			m.profiles = strings.Fields(value)
		case key == "file":
			file = value
		default:
			return m, fmt.Errorf("line %d is %q, expected why:, profile:, file: or %s", i+1, line, markOld)
		}
	}
	if m.why == "" || len(m.patches) == 0 {
		return m, fmt.Errorf("expected a why: and a replacement")
	}
	return m, nil
}

// apply returns the changed files by path. It fails if a text does not occur exactly once: the source has changed and
// the mutant must follow.
func (m *mutant) apply(root string) (map[string][]byte, error) {
	changed := map[string][]byte{}
	for _, p := range m.patches {
		path := filepath.Join(root, filepath.FromSlash(p.file))
		content, ok := changed[path]
		if !ok {
			var err error
			if content, err = os.ReadFile(path); err != nil {
				return nil, fmt.Errorf("mutant %s: %w", m.name, err)
			}
		}
		if n := bytes.Count(content, []byte(p.old)); n != 1 {
			return nil, fmt.Errorf("mutant %s: in %s this occurs %d times, expected once:\n%s", m.name, p.file, n, p.old)
		}
		changed[path] = bytes.Replace(content, []byte(p.old), []byte(p.new), 1)
	}
	return changed, nil
}
