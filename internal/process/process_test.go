package process

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// start starts a shell script that ends with the test.
func start(t *testing.T, script string) *Process {
	t.Helper()
	local, dir := NewLoopback(), t.TempDir()
	p, err := Start(Config{
		Name: "role-0", Cmd: exec.Command("sh", "-c", script), Log: filepath.Join(dir, "log"), PIDFile: filepath.Join(dir, "pid"),
		Start: func(cmd *exec.Cmd) error { return local.Start("role-0", cmd) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Kill(); err != nil {
			t.Error(err)
		}
		if err := local.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

func TestDeath(t *testing.T) {
	p := start(t, "echo one; echo two >&2; exit 3")
	<-p.Ended()
	if !p.Died() {
		t.Error("the process did not die by itself")
	}
	if err := p.Failure(); err == nil || err.Error() != "role-0 ended (exit status 3): two" {
		t.Errorf("failure is %v", err)
	}
	if err := p.Stop(time.Minute); err != nil {
		t.Errorf("stopping a dead process: %v", err)
	}
	if _, err := os.Stat(p.cfg.PIDFile); !os.IsNotExist(err) {
		t.Errorf("pid file: %v, expected none", err)
	}
}

func TestStop(t *testing.T) {
	p := start(t, "exec sleep 1000")
	if err := p.Failure(); err != nil {
		t.Errorf("a running process has failed: %v", err)
	}
	if err := p.Stop(time.Minute); err != nil {
		t.Fatal(err)
	}
	if p.Died() || !strings.Contains(p.Outcome().Error(), "terminated") {
		t.Errorf("died: %v, outcome %v, expected to be terminated", p.Died(), p.Outcome())
	}
}

// A process that ignores SIGTERM is killed.
func TestStopKills(t *testing.T) {
	p := start(t, "trap '' TERM; echo ready; while true; do sleep 0.01; done")
	for p.lastWords() != "ready" {
		time.Sleep(time.Millisecond)
	}
	if err := p.Stop(10 * time.Millisecond); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(p.Outcome().Error(), "killed") {
		t.Errorf("outcome %v, expected to be killed", p.Outcome())
	}
}
