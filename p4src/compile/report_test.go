package main

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// testdata/tofino is an excerpt of the output of p4c 1.2.5.10 for oum_tna.p4: the fields of its logs that
// readReport reads, and the start of the ingress parser's assembly.
const sample = "testdata/tofino"

func TestReport(t *testing.T) {
	got, err := readReport(sample)
	if err != nil {
		t.Fatal(err)
	}
	want := report{
		IngressStages: 4, EgressStages: 2, Stages: 12,
		SRAMs: share{46, 960}, MapRAMs: share{11, 576}, TCAMs: share{10, 288}, StatefulALUs: share{3, 48},
		PHV: map[string]map[int]share{
			"normal":   {8: {8, 64}, 16: {22, 96}, 32: {10, 64}},
			"tagalong": {8: {8, 32}, 16: {16, 48}, 32: {11, 32}},
		},
	}
	if !reflect.DeepEqual(got.PHV, want.PHV) {
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
	want := `  ingress stages                      4   of 12   33.3%
  egress stages                       2   of 12   16.7%
  SRAM blocks                         46  of 960  4.8%
  map RAMs                            11  of 576  1.9%
  TCAM blocks                         10  of 288  3.5%
  stateful ALUs                       3   of 48   6.2%
  normal PHV containers of 8 bits     8   of 64   12.5%
  normal PHV containers of 16 bits    22  of 96   22.9%
  normal PHV containers of 32 bits    10  of 64   15.6%
  tagalong PHV containers of 8 bits   8   of 32   25.0%
  tagalong PHV containers of 16 bits  16  of 48   33.3%
  tagalong PHV containers of 32 bits  11  of 32   34.4%
`
	if text.String() != want {
		t.Errorf("got\n%s\nwant\n%s", text.String(), want)
	}
}

// TestReportIncomplete checks that an incomplete log is an error, not a report of zeros.
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

// TestParserCheck checks that an assembly whose parser compares nothing is rejected.
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
	// The number outside of the parser does not count.
	blind += "stage 0 ingress:\n  0x0800:\n"
	if err := os.WriteFile(path, []byte(blind), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := checkParser(dir); !errors.Is(err, errNoIPv4) {
		t.Errorf("a blind parser: %v, want %v", err, errNoIPv4)
	}
}
