package main

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// A directory that nobody named leaves nothing behind after a clean stop.
func TestDevRemovesItsOwnDirectory(t *testing.T) {
	cache := t.TempDir()
	t.Setenv("HOME", cache)
	t.Setenv("XDG_CACHE_HOME", cache)
	d := startDev(t, "--replicas", "1", "--sequencers", "1", "--dir", "")
	made := func() []string {
		dirs, err := filepath.Glob(filepath.Join(cache, "nopaxos", "dev-*"))
		if err != nil {
			t.Fatal(err)
		}
		return dirs
	}
	if dirs := made(); len(dirs) != 1 {
		t.Errorf("directories %v, expected one", dirs)
	}
	if err := d.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := d.cmd.Wait(); err != nil {
		t.Errorf("after SIGTERM: %v", err)
	}
	if dirs := made(); len(dirs) != 0 {
		t.Errorf("left %v", dirs)
	}
	if _, err := os.Stat(d.dir); !os.IsNotExist(err) {
		t.Errorf("%s: %v", d.dir, err)
	}
}
