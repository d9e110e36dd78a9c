package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/netordered/nopaxos/internal/cli"
	"github.com/netordered/nopaxos/internal/devcluster"
	"github.com/netordered/nopaxos/lab/binary"
	"github.com/netordered/nopaxos/lab/demo"
)

// asProgram makes the test binary the nopaxos-lab binary, for tests that start processes.
const asProgram = "NOPAXOS_LAB_TEST_AS_PROGRAM"

// nopaxosBinary is the nopaxos binary that TestMain builds.
var nopaxosBinary string

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		cli.Main(rootCommand())
	}
	os.Setenv(asProgram, "1") // for the processes that tests start
	dir, err := os.MkdirTemp("", "nopaxos-lab-*")
	if err == nil {
		nopaxosBinary, err = binary.Build(dir, "cmd/nopaxos")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(cli.ExitFailure)
	}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// lab runs a command line in this process.
func lab(t *testing.T, args ...string) (code int, out, errOut string) {
	t.Helper()
	var o, e bytes.Buffer
	code = cli.Run(t.Context(), rootCommand(), args, strings.NewReader(""), &o, &e)
	return code, o.String(), e.String()
}

// freeAddress returns a loopback address whose port was free a moment ago.
func freeAddress(t *testing.T) netip.AddrPort {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).AddrPort()
}

// startCluster starts a development cluster that ends with the test.
func startCluster(t *testing.T) *devcluster.Cluster {
	t.Helper()
	c, err := devcluster.Start(t.Context(), devcluster.Config{Binary: nopaxosBinary, Dir: filepath.Join(t.TempDir(), "c"), RESP: freeAddress(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Stop)
	return c
}

func TestUsageErrors(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"frobnicate"}, "unknown command \"frobnicate\" for \"nopaxos-lab\""},
		{[]string{"demo", "--replicas", "129"}, "--replicas is 129, expected an odd number from 1 to 63: 2f+1 survive f failures"},
		{[]string{"demo", "--duration", "1s"}, "--duration is 1s, expected at least 7s, the time for every fault"},
		{[]string{"demo", "--workers", "5000"}, "--workers is 5000, expected 1 to 1000"},
		{[]string{"load"}, "--cluster is not set, expected a cluster file"},
		{[]string{"load", "--workers", "0"}, "--workers is 0, expected 1 to 1000"},
		{[]string{"load", "--duration", "0"}, "--duration is 0s, expected a time above zero"},
	} {
		t.Run(strings.Join(c.args, " "), func(t *testing.T) {
			code, out, errOut := lab(t, c.args...)
			if code != cli.ExitUsage || errOut != "nopaxos-lab: "+c.want+"\n" || out != "" {
				t.Errorf("%v: exit %d\ngot  %swant %s", c.args, code, errOut, c.want)
			}
		})
	}
}

// TestWithoutBinary checks that a missing nopaxos binary is named, with the command that builds it.
func TestWithoutBinary(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "nopaxos")
	for _, command := range []string{"demo", "testbed", "bench"} {
		code, _, errOut := lab(t, command, "--nopaxos", missing)
		if code != cli.ExitFailure || !strings.Contains(errOut, missing) || !strings.Contains(errOut, "make build") {
			t.Errorf("%s: exit %d: %s", command, code, errOut)
		}
	}
}

func TestHelp(t *testing.T) {
	code, out, _ := lab(t, "help")
	if code != cli.ExitOK {
		t.Errorf("help: exit %d", code)
	}
	for _, name := range []string{"demo", "load", "testbed", "bench", "sim", "explore", "version"} {
		if !strings.Contains(out, "\n  "+name+" ") {
			t.Errorf("help does not list %s", name)
		}
	}
}

// TestDemo runs the demonstration in its shortest form.
func TestDemo(t *testing.T) {
	if testing.Short() {
		t.Skip("takes more than seven seconds")
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "demo", "--json", "--seed", "1", "--duration", demo.MinDuration.String(),
		"--nopaxos", nopaxosBinary, "--dir", filepath.Join(t.TempDir(), "c"), "--resp", freeAddress(t).String())
	var progress strings.Builder
	cmd.Stderr = &progress
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s%s", err, progress.String(), out)
	}
	var report struct {
		OK               bool
		Linearizable     bool
		Operations       uint64
		Faults           []json.RawMessage
		AcknowledgedLost int `json:"acknowledged_lost"`
	}
	if err := json.Unmarshal(out, &report); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	if !report.OK || !report.Linearizable || report.Operations == 0 || report.AcknowledgedLost != 0 || len(report.Faults) != 6 {
		t.Errorf("report %s", out)
	}
}
