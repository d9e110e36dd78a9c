package main

import (
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/netordered/nopaxos/cluster"
	"github.com/netordered/nopaxos/controlplane/tofino"
	"github.com/netordered/nopaxos/internal/cli"
	"github.com/netordered/nopaxos/sequencer"
	"github.com/netordered/nopaxos/sequencer/udp"
	"github.com/netordered/nopaxos/transport"
)

const switchedCluster = `name: fabric
key_file: cluster.key
controllers:
  - {address: 10.0.0.1:9600, dir: controller}
topology:
  switches:
    - {name: t1, kind: tofino, p4runtime: "P4RUNTIME", program: oum_tna.packed}
  hosts:
    - {name: h1, address: 10.0.0.1, mac: "02:00:00:00:00:01", port: t1/1}
sequencers:
  - {name: t1, kind: tofino}
groups:
  - {name: kv, address: 10.97.0.1, f: 0, replicas: [{address: 10.0.0.1:9701, dir: r0}]}
`

// silent is a network for a data plane that nobody sends to.
type silent struct{ transport.Network }

// startSwitch serves P4Runtime like a switch, and writes a cluster file that has it.
func startSwitch(t *testing.T) (clusterFile string) {
	t.Helper()
	plane, err := udp.New(udp.Config{Network: silent{}, Post: func(f func(time.Duration)) { f(0) }})
	if err != nil {
		t.Fatal(err)
	}
	server, err := sequencer.NewServer(sequencer.Config{DeviceID: 1, DataPlane: plane, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	t.Cleanup(func() {
		server.Stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	dir := t.TempDir()
	if err := cluster.WriteKey(filepath.Join(dir, "cluster.key")); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "cluster.yaml")
	text := strings.Replace(switchedCluster, "P4RUNTIME", l.Addr().String(), 1)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func wantOutput(t *testing.T, want string, args ...string) {
	t.Helper()
	if code, out, errOut := nopaxos(t, args...); code != cli.ExitOK || out != want {
		t.Fatalf("%v: exit %d, %s%s\nwant %s", args, code, out, errOut, want)
	}
}

func TestPackAndPush(t *testing.T) {
	file := startSwitch(t)
	dir := filepath.Dir(file)
	packed := filepath.Join(dir, "oum_tna.packed")
	code, _, errOut := nopaxos(t, "controller", "push", "--cluster", file)
	want := "nopaxos: " + file + ":7: topology.switches[0].program: " + packed + " cannot be read: open: no such file or directory, expected a readable file with the compiled program\n"
	if code != cli.ExitUsage || errOut != want {
		t.Errorf("without the program: exit %d\ngot  %swant %s", code, errOut, want)
	}
	binary, context := filepath.Join(dir, "tofino.bin"), filepath.Join(dir, "context.json")
	for path, text := range map[string]string{binary: "\x00\x01", context: "{}"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	wantOutput(t, packed+": 23 bytes\n", "controller", "pack", "--bin", binary, "--context", context, "--cluster", file)
	data, err := os.ReadFile(packed)
	if err != nil {
		t.Fatal(err)
	}
	if p, err := tofino.Unpack(data); err != nil || p.Name != "oum_tna" || string(p.Binary) != "\x00\x01" || string(p.Context) != "{}" {
		t.Errorf("packed %+v, %v", p, err)
	}
	wantOutput(t, "t1: runs its program now, pushed in 23 bytes\n", "controller", "push", "--cluster", file)
	wantOutput(t, "t1: runs its program already\n", "controller", "push", "--cluster", file, "--switch", "t1", "--kind", "tofino")
	for _, c := range []struct{ args, want string }{
		{"push --cluster " + file + " --switch t2", `nopaxos: --switch is "t2", expected the name of a switch in ` + file},
		{"push --cluster " + file + " --kind bmv2", "nopaxos: " + file + " has no such switch of kind bmv2"},
		{"pack --bin a --context b", "nopaxos: expected one of --out and --cluster"},
		{"pack --bin a --out b", "nopaxos: --bin and --context are not both set, expected what the compiler wrote into pipe/"},
	} {
		code, _, errOut := nopaxos(t, append([]string{"controller"}, strings.Fields(c.args)...)...)
		if code != cli.ExitUsage || errOut != c.want+"\n" {
			t.Errorf("%s: exit %d\ngot  %swant %s", c.args, code, errOut, c.want)
		}
	}
}

// fakeCompiler makes the bf-p4c of a directory: it writes what the real one does for a small program.
func fakeCompiler(t *testing.T, dir string) {
	t.Helper()
	samples, err := filepath.Abs("../../p4src/compile/testdata/tofino")
	if err != nil {
		t.Fatal(err)
	}
	script := "#!/bin/sh\nwhile [ \"$1\" != -o ]; do shift; done\ncp -r " + samples + "/. \"$2\"\nprintf bits >\"$2/pipe/tofino.bin\"\nprintf '{}' >\"$2/pipe/context.json\"\n"
	if err := os.WriteFile(filepath.Join(dir, "bf-p4c"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
}

func TestFlashTofino(t *testing.T) {
	script, err := filepath.Abs("../../scripts/flash-tofino.sh")
	if err != nil {
		t.Fatal(err)
	}
	goTool, err := exec.LookPath("go")
	if err != nil {
		t.Skip(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	file, bin := startSwitch(t), t.TempDir()
	flash := func(path ...string) (string, error) {
		c := exec.Command("/bin/sh", script, file, "t1")
		c.Env = append(os.Environ(), "PATH="+strings.Join(append(path, "/usr/bin", "/bin"), ":"), "NOPAXOS="+self, "SDE_INSTALL=")
		out, err := c.CombinedOutput()
		return string(out), err
	}
	if _, err := exec.LookPath("/usr/bin/bf-p4c"); err != nil {
		out, err := flash()
		want := "flash-tofino.sh: no compiler for Tofino found: put bf-p4c of Intel's SDE on the PATH, or p4c-barefoot and bfas of p4c built with ENABLE_TOFINO\n"
		if exit, ok := err.(*exec.ExitError); !ok || exit.ExitCode() != cli.ExitUsage || out != want {
			t.Errorf("without a compiler: %v, %s", err, out)
		}
	}
	fakeCompiler(t, bin)
	out, err := flash(bin, filepath.Dir(goTool))
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, want := range []string{"oum_tna.packed: 25 bytes\n", "t1: runs its program now, pushed in 25 bytes\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("the script says %q, want %q in it", out, want)
		}
	}
}
