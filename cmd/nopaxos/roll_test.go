package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/netordered/nopaxos/internal/cli"
)

// roll runs `nopaxos roll` on the cluster. The words of the command are run by a shell in the cluster's directory.
func (d *devProcess) roll(shell string, flags ...string) (code int, out, errOut string) {
	d.t.Helper()
	args := append([]string{"roll", "--cluster", d.clusterFile()}, flags...)
	return nopaxos(d.t, append(args, "--", "sh", "-c", "cd '"+d.dir+"' && "+shell)...)
}

// killMember is a command that restarts a member of a cluster that supervises its roles.
const killMember = `echo {kind} $NOPAXOS_INDEX {group} >>rolled; kill -9 $(cat {name}.pid)`

// rolled returns the members for which the command ran.
func (d *devProcess) rolled() []string {
	text, err := os.ReadFile(filepath.Join(d.dir, "rolled"))
	if err != nil && !os.IsNotExist(err) {
		d.t.Fatal(err)
	}
	return slices.DeleteFunc(strings.Split(string(text), "\n"), func(l string) bool { return l == "" })
}

// TestRoll restarts every member of a healthy cluster, in order, and loses nothing.
func TestRoll(t *testing.T) {
	d := startDev(t, "--supervise")
	for i := range 100 {
		d.set(fmt.Sprint("key", i), fmt.Sprint(i))
	}
	before := d.status()
	code, out, errOut := d.roll(killMember)
	if code != cli.ExitOK {
		t.Fatalf("exit %d: %s%s", code, out, errOut)
	}
	for i := range 100 {
		d.expect(fmt.Sprint("key", i), fmt.Sprint(i))
	}
	rolled := d.rolled()
	if len(rolled) != 7 || rolled[0] != "controller 0" || rolled[6] != "kv 0 kv" || !strings.Contains(out, "7/7 kv-0 restarted") {
		t.Errorf("rolled %q, printed\n%s", rolled, out)
	}
	for i := range 3 {
		if member := fmt.Sprintf("replica %d kv", i); slices.Index(rolled, member) < 3 {
			t.Errorf("rolled %q, expected %s behind controller and sequencers", rolled, member)
		}
	}
	for i, p := range d.status().Groups[0].Replicas {
		if was := before.Groups[0].Replicas[i]; p.Role == nil || p.Replica.Incarnation != was.Replica.Incarnation+1 {
			t.Errorf("%s was not restarted once: %+v, before %+v", p.Name, p.Role, was.Role)
		}
	}
	// A front-end's group is chosen like a replica's.
	if code, out, errOut := d.roll(killMember, "--group", "kv", "--kind", "kv"); code != cli.ExitOK || len(d.rolled()) != 8 {
		t.Errorf("with --group and --kind: exit %d: %s%s", code, out, errOut)
	}
}

// TestRollStops checks that roll stops with the reason before it restarts a member of an ailing cluster, after a
// command that fails, and when a member does not return.
func TestRollStops(t *testing.T) {
	d := startDev(t)
	d.set("a", "1")
	stops := func(what string, ran int, code int, errOut string, reasons ...string) {
		t.Helper()
		if code != cli.ExitFailure || strings.Count(errOut, "\n") != 1 {
			t.Errorf("%s: exit %d: %s", what, code, errOut)
		}
		for _, r := range reasons {
			if !strings.Contains(errOut, r) {
				t.Errorf("%s: no %q in %s", what, r, errOut)
			}
		}
		if got := d.rolled(); len(got) != ran {
			t.Errorf("%s: rolled %q, expected %d", what, got, ran)
		}
	}
	code, _, errOut := d.roll("exit 7", "--kind", "replica")
	stops("a command that fails", 0, code, errOut, "of group kv: the command failed: exit status 7", "replica-0", "replica-1", "replica-2")
	code, _, errOut = d.roll("true", "--kind", "replica", "--patience", "1s")
	stops("a command that does nothing", 0, code, errOut, "of group kv: it did not restart")
	code, _, errOut = d.roll("sleep 60", "--kind", "replica", "--patience", "1s")
	stops("a command that hangs", 0, code, errOut, "of group kv: the command failed: it runs longer than --patience 1s")

	// The replica is paused: it neither answers nor takes part, like one that is still recovering.
	code, _, errOut = d.roll(`echo {name} >>rolled; kill -STOP $(cat {name}.pid)`, "--kind", "replica", "--patience", "3s")
	paused := "none"
	if ran := d.rolled(); len(ran) == 1 {
		paused = ran[0]
		t.Cleanup(func() { _ = syscall.Kill(d.pid(paused), syscall.SIGCONT) })
	}
	stops("a member that does not return", 1, code, errOut, paused+" of group kv: ", paused+": unreachable: no answer in time")
	code, _, errOut = d.roll(`echo {name} >>rolled`, "--kind", "replica", "--patience", "1s")
	stops("an ailing cluster", 1, code, errOut, paused+": unreachable: no answer in time")
	d.expect("a", "1")
	if err := syscall.Kill(d.pid(paused), syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the cluster is whole", func() bool { return d.status().Whole() == nil })
	d.kill("sequencer-0")
	eventually(t, "a sequencer is missing", func() bool { return d.status().Whole() != nil })
	code, _, errOut = d.roll(`echo {name} >>rolled`, "--kind", "replica", "--patience", "1s")
	stops("a cluster without a standby sequencer", 1, code, errOut, "sequencer-0")
	d.expect("a", "1")
}

// TestRollRefuses checks the clusters that cannot be rolled at all.
func TestRollRefuses(t *testing.T) {
	file := writeCluster(t, "9")
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{nil, cli.ExitUsage, "no COMMAND after --"},
		{[]string{"--kind", "switch", "--", "true"}, cli.ExitUsage, `--kind is "switch", expected one of controller, sequencer, replica, kv`},
		{[]string{"--group", "x", "--", "true"}, cli.ExitUsage, `have no "x"`},
		{[]string{"--patience", "0s", "--", "true"}, cli.ExitUsage, "--patience is 0s"},
		{[]string{"--group", "kv", "--kind", "controller", "--", "true"}, cli.ExitUsage, "has no member of that kind and group"},
		{[]string{"--kind", "replica", "--", "true"}, cli.ExitFailure, "replica-0 of group kv is its group's only replica: a restart loses all data"},
		{[]string{"--kind", "sequencer", "--", "true"}, cli.ExitFailure, "sequencer-0 is the only one: nothing is served while it restarts"},
		{[]string{"--kind", "kv", "--", "true"}, cli.ExitFailure, "kv-0 has no http in " + file},
	} {
		code, _, errOut := nopaxos(t, append([]string{"roll", "--cluster", file}, c.args...)...)
		if code != c.code || !strings.Contains(errOut, c.want) {
			t.Errorf("%v: exit %d: %s, expected %q", c.args, code, errOut, c.want)
		}
	}
}
