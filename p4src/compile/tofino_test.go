package main

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
)

// TestTofinoProgram compiles oum_tna.p4: it has to fit, and the compiler may warn of nothing but the loop by which
// it pads short packets itself.
func TestTofinoProgram(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: compiling for Tofino takes a minute")
	}
	var output strings.Builder
	err := compileTofino("..", filepath.Join(t.TempDir(), "tofino"), nil, &output)
	if errors.Is(err, errMissing) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, output.String())
	}
	for line := range strings.Lines(output.String()) {
		if strings.Contains(line, "warning:") && !strings.Contains(line, "min_parse_depth") {
			t.Error(line)
		}
	}
}
