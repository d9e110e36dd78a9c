package main

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// testdata/tofino was made by hand after the schemas of the compiler's logs.
const sample = "testdata/tofino"

func TestReport(t *testing.T) {
	got, err := readReport(sample)
	if err != nil {
		t.Fatal(err)
	}
	want := report{
		IngressStages: 4, EgressStages: 1, Stages: 12,
		SRAMs: share{3, 960}, MapRAMs: share{2, 576}, TCAMs: share{1, 288}, StatefulALUs: share{1, 48},
		PHV: map[int]share{8: {1, 64}, 32: {2, 64}},
	}
	if !maps.Equal(got.PHV, want.PHV) {
		t.Errorf("PHV containers are %v, want %v", got.PHV, want.PHV)
	}
	got.PHV, want.PHV = nil, nil
	if got.IngressStages != want.IngressStages || got.EgressStages != want.EgressStages || got.Stages != want.Stages ||
		got.SRAMs != want.SRAMs || got.MapRAMs != want.MapRAMs || got.TCAMs != want.TCAMs ||
		got.StatefulALUs != want.StatefulALUs {
		t.Errorf("got %+v, want %+v", *got, want)
	}
}

func TestReportAsText(t *testing.T) {
	r, err := readReport(sample)
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	r.print(&text)
	want := `  ingress stages             4  of 12   33.3%
  egress stages              1  of 12   8.3%
  SRAM blocks                3  of 960  0.3%
  map RAMs                   2  of 576  0.3%
  TCAM blocks                1  of 288  0.3%
  stateful ALUs              1  of 48   2.1%
  PHV containers of 8 bits   1  of 64   1.6%
  PHV containers of 32 bits  2  of 64   3.1%
`
	if text.String() != want {
		t.Errorf("got\n%s\nwant\n%s", text.String(), want)
	}
}

// TestReportIncomplete: a log that is not what it should be is an error, not a zero.
func TestReportIncomplete(t *testing.T) {
	for name, text := range map[string]string{
		"table_summary.log": "Number of stages for ingress table allocation: 4\n",
		"resources.json":    `{"resources": {"mau": {"nStages": 12}}}`,
		"phv.json":          `{}`,
	} {
		dir := t.TempDir()
		if err := os.CopyFS(dir, os.DirFS(sample)); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, "pipe", "logs", name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if r, err := readReport(dir); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("an incomplete %s: %+v, %v", name, r, err)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if r, err := readReport(dir); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("without %s: %+v, %v", name, r, err)
		}
	}
}

// TestParserCheck: an assembly whose parser compares nothing is refused.
func TestParserCheck(t *testing.T) {
	if err := checkParser(sample); err != nil {
		t.Error(err)
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(sample)); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "pipe", "oum_tna.bfa")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	blind := strings.ReplaceAll(string(text), "0x0800", "0x****")
	// The number elsewhere does not count.
	blind += "stage 0 ingress:\n  0x0800:\n"
	if err := os.WriteFile(path, []byte(blind), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := checkParser(dir); !errors.Is(err, errNoIPv4) {
		t.Errorf("a blind parser: %v, want %v", err, errNoIPv4)
	}
}
