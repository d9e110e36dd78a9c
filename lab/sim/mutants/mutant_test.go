package main

import (
	"context"
	"os"
	"strings"
	"testing"
)

// TestMutantsApply checks that every mutant finds the text that it replaces.
func TestMutantsApply(t *testing.T) {
	root, err := checkout(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	mutants, err := readMutants(".")
	if err != nil {
		t.Fatal(err)
	}
	if len(mutants) < 30 {
		t.Errorf("%d mutants, expected at least 30", len(mutants))
	}
	for i := range mutants {
		changed, err := mutants[i].apply(root)
		if err != nil {
			t.Error(err)
		}
		for path, content := range changed {
			if original, err := os.ReadFile(path); err != nil || string(original) == string(content) {
				t.Errorf("mutant %s leaves %s as it is (%v)", mutants[i].name, path, err)
			}
		}
	}
}

// TestReachedMutantsFit checks that the mutants that small worlds must catch are among those that run there.
func TestReachedMutantsFit(t *testing.T) {
	mutants, err := readMutants(".")
	if err != nil {
		t.Fatal(err)
	}
	fitting := make(map[string]bool)
	for i := range mutants {
		fitting[mutants[i].name] = mutants[i].fits()
	}
	reached, err := os.ReadFile("../worlds/reached.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range strings.Fields(string(reached)) {
		if !fitting[name] {
			t.Errorf("%s is listed in %s, but changes something that small worlds do not contain, or does not exist", name, reachedFile)
		}
	}
}

func TestMutantFileErrors(t *testing.T) {
	for _, test := range []struct{ name, file, want string }{
		{"no reason", "file: a\n<<<<\nx\n====\ny\n>>>>\n", "expected a why:"},
		{"no replacement", "why: because\n", "a replacement"},
		{"no file", "why: because\n<<<<\nx\n====\ny\n>>>>\n", "a replacement is a file:"},
		{"no end", "why: because\nfile: a\n<<<<\nx\n====\ny\n", "a replacement is a file:"},
		{"unknown key", "why: because\nwhere: here\n", `line 2 is "where: here"`},
	} {
		if _, err := parseMutant("m", []byte(test.file)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want one with %q", test.name, err, test.want)
		}
	}
}

func TestApplyNeedsTheTextOnce(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(dir+"/a.go", []byte("one\ntwo\ntwo\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for old, want := range map[string]string{"two\n": "occurs 2 times", "three\n": "occurs 0 times"} {
		m := mutant{name: "m", patches: []patch{{file: "a.go", old: old, new: "x\n"}}}
		if _, err := m.apply(dir); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("replacing %q: error %v, want one with %q", old, err, want)
		}
	}
}
