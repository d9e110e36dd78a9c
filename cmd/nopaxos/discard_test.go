package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/netordered/nopaxos/internal/cli"
	"github.com/netordered/nopaxos/internal/status"
)

// roleProcess is a role of a development cluster that a test starts itself, like an operator.
type roleProcess struct {
	cmd *exec.Cmd
	log string
}

func (d *devProcess) startRole(kind string, index int) *roleProcess {
	d.t.Helper()
	r := &roleProcess{log: filepath.Join(d.t.TempDir(), "log")}
	log, err := os.Create(r.log)
	if err != nil {
		d.t.Fatal(err)
	}
	defer log.Close() // the child has its own descriptor
	r.cmd = exec.Command(os.Args[0], kind, "--cluster", d.clusterFile(), "--index", strconv.Itoa(index))
	r.cmd.Stderr = log
	if err := r.cmd.Start(); err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { // once more does no harm
		_ = r.cmd.Process.Kill()
		_ = r.cmd.Wait()
	})
	return r
}

func (r *roleProcess) says(t *testing.T, text string) bool {
	t.Helper()
	log, err := os.ReadFile(r.log)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Contains(log, []byte(text))
}

// A group of which more than f replicas lose their memory at once stays down and says so. It starts
// again, empty, when an operator says that its state may be discarded, and not before.
func TestDiscardState(t *testing.T) {
	d := startDev(t)
	d.set("a", "1")
	bootstrap := func(index string, flags ...string) (int, string) {
		code, _, errOut := nopaxos(t, append([]string{"bootstrap", "--cluster", d.clusterFile(), "--index", index}, flags...)...)
		return code, errOut
	}
	indexes := []string{"0", "1", "2"}
	for _, i := range indexes {
		d.kill("replica-" + i)
		d.waitLine("replica-" + i + " died")
	}
	var replicas []*roleProcess
	for i := range indexes {
		replicas = append(replicas, d.startRole("replica", i))
	}
	eventually(t, "all replicas recover, and know that it takes long", func() bool {
		for _, p := range d.status().Groups[0].Replicas {
			if p.Role == nil || p.Replica.Status != status.Recovering || p.Replica.Recovering < 1 {
				return false
			}
		}
		return true
	})
	code, table, _ := nopaxos(t, "status", "--cluster", d.clusterFile())
	if code != status.NotServing.ExitStatus() || !strings.Contains(table, "not serving: 3 of 3 replicas recover") || !strings.Contains(table, "nopaxos bootstrap --help") {
		t.Errorf("status: exit %d\n%s", code, table)
	}
	eventually(t, "every replica warns", func() bool {
		for _, r := range replicas {
			if !r.says(t, "--discard-state") {
				return false
			}
		}
		return true
	})

	// Neither a record nor a running replica is overwritten by mistake.
	if code, errOut := bootstrap("0", "--discard-state"); code != cli.ExitFailure || !strings.Contains(errOut, "the replica is running") {
		t.Errorf("discard at a running replica: exit %d: %s", code, errOut)
	}
	for _, r := range replicas {
		if err := r.cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		if err := r.cmd.Wait(); err != nil {
			t.Errorf("after SIGTERM: %v", err)
		}
	}
	if code, errOut := bootstrap("0"); code != cli.ExitFailure || !strings.Contains(errOut, "has a record already") {
		t.Errorf("bootstrap over a record: exit %d: %s", code, errOut)
	}

	// What the help says, in its order.
	for _, role := range []string{"kv-0", "controller-0"} {
		d.kill(role)
		d.waitLine(role + " died")
	}
	key, clientKey := filepath.Join(d.dir, "cluster.key"), filepath.Join(d.dir, "client.key")
	away := t.TempDir()
	for _, path := range []string{key, clientKey} {
		if err := os.Rename(path, filepath.Join(away, filepath.Base(path))); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{{"keygen", key}, {"keygen", "--client-of", key, clientKey}} {
		if code, _, errOut := nopaxos(t, args...); code != cli.ExitOK {
			t.Fatal(errOut)
		}
	}
	for _, i := range indexes {
		if code, errOut := bootstrap(i, "--discard-state"); code != cli.ExitOK {
			t.Fatal(errOut)
		}
	}
	d.startRole("controller", 0)
	for i := range indexes {
		d.startRole("replica", i)
	}
	d.startRole("kv", 0)
	eventually(t, "the group serves again", func() bool { return d.status().Serving() == nil })
	if _, out, errOut := d.client("EXISTS", "a"); out != "0\n" {
		t.Errorf("EXISTS of a key of the old group: %q %s, expected 0", out, errOut)
	}
	d.set("b", "2")
	d.expect("b", "2")
}
