package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/netordered/nopaxos/bmv2"
	"github.com/netordered/nopaxos/internal/cli"
	"github.com/netordered/nopaxos/lab/testbed"
)

// testbedReport runs a testbed for a few seconds and returns its report. It skips the test if this machine
// cannot have the testbed.
func testbedReport(t *testing.T, flags ...string) testbed.Report {
	t.Helper()
	if testing.Short() {
		t.Skip("takes several seconds")
	}
	cmd := exec.Command(os.Args[0], append([]string{"testbed", "--nopaxos", nopaxosBinary, "--json", "--seed", "1", "--duration", "3s"}, flags...)...)
	out, err := cmd.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == cli.ExitUsage {
		t.Skipf("%s", exit.Stderr)
	}
	if exit != nil {
		t.Fatalf("%v: %s%s", err, out, exit.Stderr)
	}
	var report testbed.Report
	if err := json.Unmarshal(out, &report); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if !report.OK || !report.Linearizable || report.Operations == 0 || report.AcknowledgedLost != 0 {
		t.Errorf("report %s", out)
	}
	return report
}

func TestTestbedOfRouters(t *testing.T) {
	r := testbedReport(t, "--switch", "udp")
	if r.Topology != testbed.Single || r.Switches != 1 || len(r.Sequencers) != 1 {
		t.Errorf("report %+v", r)
	}
}

// When the sequencer dies under load, another takes over. Either may be the first: the controller skips one that does
// not listen yet.
func TestTestbedFailover(t *testing.T) {
	r := testbedReport(t, "--switch", "udp", "--topology", "fat-tree", "--fail", "sequencer")
	if r.Switches != 6 || len(r.Sequencers) != 2 || r.Sequencers[0] == r.Sequencers[1] || len(r.Faults) != 1 {
		t.Errorf("report %+v", r)
	}
}

// needBMv2 skips where there is no BMv2.
func needBMv2(t *testing.T) {
	t.Helper()
	if _, err := bmv2.Find(); err != nil {
		t.Skip(err)
	}
}

func TestTestbedOfOneSwitch(t *testing.T) {
	needBMv2(t)
	r := testbedReport(t, "--switch", "bmv2")
	if r.Switches != 1 || !slices.Equal(r.Sequencers, []string{"s1"}) {
		t.Errorf("report %+v", r)
	}
}

// When the sequencing switch dies under load, another root takes over.
func TestTestbedSwitchFailover(t *testing.T) {
	needBMv2(t)
	r := testbedReport(t, "--switch", "bmv2", "--topology", "fat-tree", "--fail", "sequencer", "--duration", "6s")
	if r.Switches != 6 || len(r.Sequencers) != 2 || r.Sequencers[0] == r.Sequencers[1] || len(r.Faults) != 1 {
		t.Errorf("report %+v", r)
	}
}

// When a cable of the sequencing switch is cut, requests and copies are routed around it.
func TestTestbedLinkFailure(t *testing.T) {
	needBMv2(t)
	r := testbedReport(t, "--switch", "bmv2", "--topology", "fat-tree", "--fail", "link", "--duration", "6s")
	if r.Switches != 6 || len(r.Faults) != 1 {
		t.Errorf("report %+v", r)
	}
}

// TestMininet runs the testbed on Mininet, whose script exits with status 2 if something is not installed.
func TestMininet(t *testing.T) {
	if testing.Short() {
		t.Skip("takes several seconds")
	}
	cmd := exec.Command("/usr/bin/python3", "-B", "../../../mininet/testbed.py", "--nopaxos", nopaxosBinary, "--lab", os.Args[0], "--duration", "3")
	var errOut bytes.Buffer
	cmd.Stderr = &errOut
	out, err := cmd.Output()
	var exit *exec.ExitError
	wrongUsage := strings.HasPrefix(errOut.String(), "usage:")
	if errors.As(err, &exit) && (exit.ExitCode() != cli.ExitUsage || wrongUsage) || err == nil && !strings.Contains(string(out), "\neverything held\n") {
		t.Errorf("%v: %s%s", err, out, &errOut)
	} else if err != nil {
		t.Skipf("%v: %s", err, &errOut)
	}
}

func TestTestbedUsage(t *testing.T) {
	for _, c := range []struct {
		flags []string
		want  string
	}{
		{[]string{"--topology", "ring"}, "nopaxos-lab: --topology is \"ring\", expected single or fat-tree\n"},
		{[]string{"--fail", "everything"}, "nopaxos-lab: --fail is \"everything\", expected sequencer or link\n"},
		{[]string{"--fail", "link"}, "nopaxos-lab: --fail is link and switch is udp, expected bmv2: Linux routers keep their routes\n"},
		{[]string{"--fail", "sequencer", "--switch", "bmv2"},
			"nopaxos-lab: --fail is sequencer and topology is single, expected fat-tree: no other switch could take over\n"},
		{[]string{"--fail", "sequencer", "--sequencers", "1"}, "nopaxos-lab: --fail is sequencer and sequencers is 1, expected at least 2, so that another can take over\n"},
		{[]string{"--probe", "1ms"}, "nopaxos-lab: --probe is 1ms, expected 0 or 10ms to 10s\n"},
		{[]string{"--workers", "0"}, "nopaxos-lab: --workers is 0, expected 1 to 1000\n"},
		{[]string{"--write-plan", filepath.Join(t.TempDir(), "x")}, "nopaxos-lab: --write-plan is for --switch bmv2, not udp: Linux routers are not in a cluster file\n"},
	} {
		code, _, errOut := lab(t, append([]string{"testbed", "--nopaxos", nopaxosBinary}, c.flags...)...)
		if code != cli.ExitUsage || errOut != c.want {
			t.Errorf("%v: exit %d: %s", c.flags, code, errOut)
		}
	}
}

// TestTestbedWithoutBMv2 checks that the error names the package of a missing switch.
func TestTestbedWithoutBMv2(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, missing := bmv2.Find()
	code, _, errOut := lab(t, "testbed", "--nopaxos", nopaxosBinary, "--switch", "bmv2")
	if code != cli.ExitUsage || errOut != "nopaxos-lab: "+missing.Error()+"\n" {
		t.Errorf("exit %d: %s", code, errOut)
	}
}
