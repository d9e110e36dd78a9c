package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/netordered/nopaxos/bench"
)

// A benchmark of the smallest scale runs, and what it writes is well-formed and whole. Nothing is asked
// of the figures: a test is no place to measure.
func TestBenchSmoke(t *testing.T) {
	dir := t.TempDir()
	code, out, errOut := nopaxos(t, "bench", "--scale", "smoke", "--out", dir, "--json")
	if code != exitOK {
		t.Fatalf("exit %d: %s", code, errOut)
	}
	var printed, written bench.Report
	decode(t, []byte(out), &printed)
	text, err := os.ReadFile(filepath.Join(dir, bench.FileJSON))
	if err != nil {
		t.Fatal(err)
	}
	decode(t, text, &written)
	if len(printed.Cells) == 0 || len(printed.Cells) != len(written.Cells) {
		t.Fatalf("%d cells were printed, %d written, expected the same, and some", len(printed.Cells), len(written.Cells))
	}
	samples := 0
	for _, c := range written.Cells {
		samples += len(c.Samples)
		for _, s := range c.Samples {
			if s.Operations == 0 || s.Latency.P50 <= 0 || len(s.Roles) < 2 {
				t.Errorf("%s, %v: %+v", c.System, c.Cell, s)
			}
		}
	}
	if len(written.Figures) != len(bench.Figures) {
		t.Errorf("%d figures, expected %d", len(written.Figures), len(bench.Figures))
	}
	f, err := os.Open(filepath.Join(dir, bench.FileCSV))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines, err := csv.NewReader(f).ReadAll()
	if err != nil || len(lines) != samples+1 {
		t.Errorf("%d lines of CSV, expected a header and %d (%v)", len(lines), samples, err)
	}
}

// decode reads a report and refuses what a report has not.
func decode(t *testing.T, text []byte, r *bench.Report) {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(r); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
}
