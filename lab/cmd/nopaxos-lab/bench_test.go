package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/netordered/nopaxos/internal/cli"
	"github.com/netordered/nopaxos/lab/bench"
)

// TestBenchSmoke runs a benchmark of the smallest scale, as root in namespaces, else on loopback, and checks that its
// output is complete and well-formed. It does not check the figures.
func TestBenchSmoke(t *testing.T) {
	dir := t.TempDir()
	code, out, errOut := lab(t, "bench", "--nopaxos", nopaxosBinary, "--scale", "smoke", "--out", dir, "--json")
	if code != cli.ExitOK {
		t.Fatalf("exit %d: %s", code, errOut)
	}
	report := readReport(t, dir)
	if printed := decode(t, []byte(out)); len(printed.Cells) != len(report.Cells) {
		t.Errorf("%d cells were printed, %d written, expected the same", len(printed.Cells), len(report.Cells))
	}
	scale := bench.Scales[slices.IndexFunc(bench.Scales, func(s bench.Scale) bool { return s.Name == "smoke" })]
	checkCells(t, report, expectedCells(report, &scale))
	if len(report.Failovers) != scale.Failovers {
		t.Errorf("%d failovers, expected %d", len(report.Failovers), scale.Failovers)
	}
	if len(report.Figures) != len(bench.Figures) || len(report.Targets) == 0 {
		t.Errorf("%d figures, %d targets, expected %d, and some", len(report.Figures), len(report.Targets), len(bench.Figures))
	}
	if len(report.Isolated) == 0 {
		t.Error("no isolated measurements, expected some")
	}
	for _, m := range report.Isolated {
		if len(m.Samples) == 0 && m.Why == "" || len(m.Samples) > 0 && m.CPU.Median <= 0 {
			t.Errorf("%+v, expected samples or the reason why there are none", m)
		}
	}
	checkCSV(t, dir, report)
	for _, f := range report.Figures {
		if len(f.Claims) == 0 || f.Source == "" {
			t.Errorf("figure %s has no claims or no source", f.Name)
		}
		if f.Name == "isolated" && len(f.Panels) == 0 {
			continue // on a busy machine no server used its core
		}
		checkXML(t, filepath.Join(dir, f.Name+".svg"))
	}
	page := readText(t, dir, bench.FileHTML)
	for _, outside := range []string{"src=", "<link", "@import", "url(", "<script"} {
		if bytes.Contains(page, []byte(outside)) {
			t.Errorf("%s has %q, expected a self-contained page", bench.FileHTML, outside)
		}
	}
}

// TestBenchOnLoopback measures on loopback, whether or not the user may create namespaces, and takes a profile.
func TestBenchOnLoopback(t *testing.T) {
	dir := t.TempDir()
	code, _, errOut := lab(t, "bench", "--nopaxos", nopaxosBinary, "--scale", "smoke", "--place", "loopback", "--figures", "replicas", "--systems", "unreplicated", "--profile", "--out", dir)
	if code != cli.ExitOK {
		t.Fatalf("exit %d: %s", code, errOut)
	}
	report := readReport(t, dir)
	if report.Place != bench.PlaceLoopback || len(report.Cells) != 1 {
		t.Errorf("%d cells on %s, expected one on loopback", len(report.Cells), report.Place)
	}
	if len(report.Profiles) != 1 || report.Profiles[0].System != "unreplicated" {
		t.Fatalf("profiles are %+v, expected one of the unreplicated server", report.Profiles)
	}
	if len(readText(t, dir, "profile-unreplicated.pprof")) == 0 {
		t.Error("the profile is empty")
	}
}

// expectedCells returns the cells of the scale's figures, without absent systems.
func expectedCells(r *bench.Report, scale *bench.Scale) []bench.Cell {
	var cells []bench.Cell
	for i := range bench.Figures {
		for _, c := range bench.Figures[i].Cells(scale) {
			if _, absent := r.Absent[c.System]; !absent && !slices.Contains(cells, c) {
				cells = append(cells, c)
			}
		}
	}
	return cells
}

// checkCells checks that exactly these cells were measured.
func checkCells(t *testing.T, r *bench.Report, want []bench.Cell) {
	t.Helper()
	if len(want) == 0 {
		t.Fatal("no cells were expected")
	}
	for _, c := range r.Cells {
		i := slices.Index(want, c.Cell)
		if i < 0 {
			t.Errorf("%+v was measured, twice or unexpectedly", c.Cell)
			continue
		}
		want = slices.Delete(want, i, i+1)
		for _, s := range c.Samples {
			if s.Operations == 0 || s.Latency.P50 <= 0 || len(s.Roles) < 2 {
				t.Errorf("%s, %v: %+v", c.System, c.Cell, s)
			}
			for _, u := range s.Roles {
				if u.CPU < 0 || u.Cores < 0 || u.Mallocs < 0 || u.Kind == "" {
					t.Errorf("%s, %v: %+v", c.System, c.Cell, u)
				}
			}
		}
		if c.Summary.Capacity.Median <= 0 || c.Summary.Throughput.Median <= 0 {
			t.Errorf("%s, %v: %+v", c.System, c.Cell, c.Summary)
		}
	}
	for _, c := range want {
		t.Errorf("%+v was not measured", c)
	}
}

// checkCSV checks for a line of finite numbers per measurement.
func checkCSV(t *testing.T, dir string, r *bench.Report) {
	t.Helper()
	samples := 0
	for _, c := range r.Cells {
		samples += len(c.Samples)
	}
	lines, err := csv.NewReader(bytes.NewReader(readText(t, dir, bench.FileCSV))).ReadAll()
	if err != nil || len(lines) != samples+1 {
		t.Fatalf("%d lines of CSV, expected a header and %d (%v)", len(lines), samples, err)
	}
	first := slices.Index(lines[0], "operations_per_second")
	for _, line := range lines[1:] {
		for i, field := range line[first:] {
			if v, err := strconv.ParseFloat(field, 64); err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
				t.Errorf("%v: %s is %q, expected a number", line, lines[0][first+i], field)
			}
		}
	}
}

// checkXML checks that a file is well-formed XML.
func checkXML(t *testing.T, path string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Error(err)
		return
	}
	for d := xml.NewDecoder(bytes.NewReader(text)); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Errorf("%s: %v", path, err)
			return
		}
	}
}

func readText(t *testing.T, dir, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func readReport(t *testing.T, dir string) *bench.Report {
	t.Helper()
	return decode(t, readText(t, dir, bench.FileJSON))
}

// decode reads a report, rejects unknown fields, and checks that writing it again gives the same text: no field is lost
// on a reader.
func decode(t *testing.T, text []byte) *bench.Report {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	r := new(bench.Report)
	if err := dec.Decode(r); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	var again strings.Builder
	if err := r.WriteJSON(&again); err != nil {
		t.Fatal(err)
	}
	if again.String() != string(text) {
		t.Error("the report changes when it is written again")
	}
	return r
}
