package main

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
)

// TestTofinoProgram checks that oum_tna.p4 compiles and fits, and that the compiler warns only about the
// parser loop that it generates itself to pad short packets.
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
