package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/netordered/nopaxos/internal/cli"
	"github.com/netordered/nopaxos/internal/status"
)

// freeAddress returns a loopback address whose port was free a moment ago.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// devProcess is a `nopaxos dev` that a test talks to.
type devProcess struct {
	t     *testing.T
	cmd   *exec.Cmd
	dir   string
	resp  string
	lines chan string // of its standard output
}

// startDev starts `nopaxos dev` and waits for its ready line.
func startDev(t *testing.T, flags ...string) *devProcess {
	t.Helper()
	d := &devProcess{t: t, dir: filepath.Join(t.TempDir(), "c"), resp: freeAddress(t), lines: make(chan string, 1000)}
	d.cmd = exec.Command(os.Args[0], append([]string{"dev", "--dir", d.dir, "--resp", d.resp}, flags...)...)
	d.cmd.Stderr = os.Stderr
	out, err := d.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := d.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.cmd.Process.Kill() })
	go func() {
		for lines := bufio.NewScanner(out); lines.Scan(); {
			d.lines <- lines.Text()
		}
		close(d.lines)
	}()
	ready := d.waitLine("ready ")
	var resp, http string
	if _, err := fmt.Sscanf(ready, "ready resp=%s http=%s", &resp, &http); err != nil || resp != d.resp {
		t.Fatalf("ready line is %q: %v", ready, err)
	}
	return d
}

// waitLine waits for a line of the output that contains text.
func (d *devProcess) waitLine(text string) string {
	d.t.Helper()
	for line := range d.lines {
		if strings.Contains(line, text) {
			return line
		}
	}
	d.t.Fatalf("the output ended without %q", text)
	return ""
}

func (d *devProcess) pid(role string) int {
	d.t.Helper()
	text, err := os.ReadFile(filepath.Join(d.dir, role+".pid"))
	if err != nil {
		d.t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		d.t.Fatal(err)
	}
	return pid
}

func (d *devProcess) kill(role string) {
	d.t.Helper()
	if err := syscall.Kill(d.pid(role), syscall.SIGKILL); err != nil {
		d.t.Fatal(err)
	}
}

func (d *devProcess) pids() []int {
	d.t.Helper()
	files, err := filepath.Glob(filepath.Join(d.dir, "*.pid"))
	if err != nil || len(files) == 0 {
		d.t.Fatalf("pid files: %v, %v", files, err)
	}
	var pids []int
	for _, f := range files {
		pids = append(pids, d.pid(strings.TrimSuffix(filepath.Base(f), ".pid")))
	}
	return pids
}

// eventually polls until condition holds.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !condition(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
	}
}

func gone(pids []int) bool {
	for _, pid := range pids {
		if err := syscall.Kill(pid, 0); err == nil {
			return false
		}
	}
	return true
}

// client runs an operation through the client library.
func (d *devProcess) client(operation ...string) (code int, out, errOut string) {
	d.t.Helper()
	return nopaxos(d.t, append([]string{"client", "--cluster", d.clusterFile()}, operation...)...)
}

func (d *devProcess) set(key, value string) {
	d.t.Helper()
	if reply, err := askRESP(d.resp, "", nil, "SET", key, value); err != nil || reply != "+OK" {
		d.t.Fatalf("SET %s: %q, %v", key, reply, err)
	}
}

func (d *devProcess) expect(key, value string) {
	d.t.Helper()
	if reply, err := askRESP(d.resp, "", nil, "GET", key); err != nil || reply != value {
		d.t.Fatalf("GET %s: %q, %v, expected %q", key, reply, err, value)
	}
}

func (d *devProcess) clusterFile() string { return filepath.Join(d.dir, "cluster.yaml") }

func (d *devProcess) status() *status.Cluster {
	d.t.Helper()
	_, out, errOut := nopaxos(d.t, "status", "--json", "--cluster", d.clusterFile())
	var s status.Cluster
	if err := json.Unmarshal([]byte(out), &s); err != nil {
		d.t.Fatalf("%v in %s%s", err, out, errOut)
	}
	return &s
}

// healthz asks a role for its health.
func healthz(t *testing.T, address string) (code int, body string) {
	t.Helper()
	response, err := http.Get("http://" + address + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

// A development cluster says what dies, goes on without it, and ends cleanly.
func TestDev(t *testing.T) {
	d := startDev(t)
	all := d.pids()
	if len(all) != 7 {
		t.Errorf("%d processes, expected 7", len(all))
	}
	d.set("a", "1")
	if code, out, errOut := d.client("INCRBY", "a", "-3"); code != cli.ExitOK || out != "-2\n" {
		t.Errorf("client: exit %d, %q %s", code, out, errOut)
	}
	if code, out, _ := d.client("LPUSH", "a", "x"); code != cli.ExitFailure || !strings.HasPrefix(out, "(error) WRONGTYPE") {
		t.Errorf("client with an error reply: exit %d, %q", code, out)
	}
	s := d.status()
	if s.Verdict != status.OK || s.Groups[0].Sequencer == "" {
		t.Errorf("status: %+v", s.Groups[0])
	}

	for _, probes := range [][]status.Probe{s.Controllers, s.Sequencers, s.FrontEnds, s.Groups[0].Replicas} {
		for _, p := range probes {
			if code, body := healthz(t, p.Address); code != http.StatusOK {
				t.Errorf("%s is not healthy: %d %s", p.Name, code, body)
			}
		}
	}

	// The controller is not on the requests' path.
	d.kill("controller-0")
	d.waitLine("controller-0 died")
	d.set("b", "2")
	leader := fmt.Sprintf("replica-%d", d.status().Groups[0].Leader)
	d.kill(leader)
	d.waitLine(leader + " died")
	d.expect("a", "-2")
	d.expect("b", "2")
	if _, err := os.Stat(filepath.Join(d.dir, leader+".pid")); !os.IsNotExist(err) {
		t.Errorf("the pid file of %s: %v", leader, err)
	}

	if err := d.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := d.cmd.Wait(); err != nil {
		t.Errorf("after SIGTERM: %v", err)
	}
	if !gone(all) {
		t.Error("processes are left")
	}
	if files, _ := filepath.Glob(filepath.Join(d.dir, "*.pid")); len(files) != 0 {
		t.Errorf("pid files are left: %v", files)
	}
}

func TestShellWord(t *testing.T) {
	for word, want := range map[string]string{
		"bin/nopaxos": "bin/nopaxos", "/home/a b/c.yaml": "'/home/a b/c.yaml'", "it's": `'it'\''s'`, "$(x)": "'$(x)'",
	} {
		if got := shellWord(word); got != want {
			t.Errorf("%s: %s, expected %s", word, got, want)
		}
	}
}

// With --supervise a role comes back by itself, and with it what the group has stored.
func TestDevSupervises(t *testing.T) {
	d := startDev(t, "--supervise")
	d.set("a", "1")
	for _, role := range []string{"replica-0", "sequencer-0", "controller-0", "replica-1", "sequencer-1", "replica-2", "kv-0"} {
		d.kill(role)
		d.waitLine(role + " restarted")
		eventually(t, "everybody is normal again after "+role, func() bool { return d.status().Whole() == nil })
	}
	d.expect("a", "1")
}

// The roles die with their parent, however it dies.
func TestDevIsKilled(t *testing.T) {
	d := startDev(t, "--replicas", "1", "--sequencers", "1")
	all := d.pids()
	if err := d.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "all roles are gone", func() bool { return gone(all) })
}

func TestDevWithoutItsPort(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	address := l.Addr().String()
	code, _, errOut := nopaxos(t, "dev", "--dir", filepath.Join(t.TempDir(), "c"), "--resp", address)
	if code != cli.ExitFailure || !strings.Contains(errOut, "kv-0") || !strings.Contains(errOut, address) || strings.Count(errOut, "\n") != 1 {
		t.Errorf("exit %d: %s", code, errOut)
	}
}
