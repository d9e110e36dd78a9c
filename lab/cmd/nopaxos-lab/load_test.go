package main

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/netordered/nopaxos/lab/load"
)

// TestLoadWithMarks checks that the load reports each named event.
func TestLoadWithMarks(t *testing.T) {
	c := startCluster(t)
	cmd := exec.Command(os.Args[0], "load", "--json", "--marks", "--seed", "7", "--duration", "1s",
		"--cluster", c.File().Path)
	var progress bytes.Buffer
	cmd.Stderr = &progress
	marks, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(marks, "one thing\n\nanother\n"); err != nil { // it fits the pipe
		t.Fatal(err)
	}
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s%s", err, out, progress.Bytes())
	}
	var report load.Report
	if err := json.Unmarshal(out, &report); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if !report.OK || report.Seed != 7 || report.Operations == 0 || len(report.Paths) != 2 || len(report.Faults) != 2 ||
		report.Faults[0].Name != "one thing" || report.Faults[1].Name != "another" {
		t.Errorf("report %s", out)
	}
	if !strings.Contains(progress.String(), "s  >> one thing\n") {
		t.Errorf("progress %s", progress.Bytes())
	}
}
