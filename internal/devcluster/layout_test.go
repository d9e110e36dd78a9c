package devcluster

import (
	"context"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/netordered/nopaxos/cluster"
)

// written returns the cluster file of a development cluster, read back from its directory.
func written(t *testing.T, cfg Config) *cluster.File {
	t.Helper()
	local, err := newLoopback(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer local.Close()
	f, err := Write(local.file, cfg.Dir)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestLayoutIsAClusterFile(t *testing.T) {
	cfg, err := Config{Dir: t.TempDir(), Replicas: 5, Sequencers: 3, RESP: netip.MustParseAddrPort("127.0.0.1:7379")}.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	f := written(t, cfg)
	if g := f.Groups[0]; g.F != 2 || len(g.Replicas) != 5 || len(f.Sequencers) != 3 || f.KV[0].RESP != cfg.RESP {
		t.Errorf("read back %+v", f)
	}
	if _, err := f.Keys(); err != nil {
		t.Error(err)
	}
}

func TestDirectory(t *testing.T) {
	start := func(dir string) error {
		cfg, err := Config{Dir: dir}.withDefaults()
		if err != nil {
			t.Fatal(err)
		}
		local, err := newLoopback(cfg)
		if err != nil {
			t.Fatal(err)
		}
		defer local.Close()
		c := &Cluster{cfg: cfg, hosts: local}
		err = c.prepare()
		if err == nil {
			t.Cleanup(func() { c.lock.Close() })
		}
		return err
	}
	t.Run("someone else's", func(t *testing.T) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "thesis.tex"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		err := start(dir)
		if err == nil || !strings.Contains(err.Error(), "has thesis.tex in it") {
			t.Errorf("got %v", err)
		}
		if entries, _ := os.ReadDir(dir); len(entries) != 1 {
			t.Errorf("left %v in it", entries)
		}
	})
	t.Run("an earlier cluster's", func(t *testing.T) {
		dir := t.TempDir()
		old := filepath.Join(dir, "replica-0")
		if err := os.WriteFile(old, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := start(dir); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(old); !os.IsNotExist(err) {
			t.Errorf("%s is still there: %v", old, err)
		}
	})
	t.Run("in use", func(t *testing.T) {
		dir := t.TempDir()
		if err := start(dir); err != nil {
			t.Fatal(err)
		}
		err := start(dir)
		if err == nil || !strings.Contains(err.Error(), "is in use by another development cluster") {
			t.Errorf("got %v", err)
		}
	})
}

// Only files that a development cluster creates may be removed by the next one.
func TestOurs(t *testing.T) {
	for _, name := range []string{
		"cluster.yaml", "cluster.key", "dev.lock", "controller-0", "sequencer-12", "replica-0.log", "kv-0.pid",
	} {
		if !ours(name) {
			t.Errorf("%s is not recognized as a development cluster's", name)
		}
	}
	for _, name := range []string{
		"", "replica-", "replica-notes", "replica-0.log.gz", "replica-0.txt", "my-replica-0", "kv-store", "replica-0\n",
		"kv-0.pid.bak", "controller-backup", "cluster.yaml.old", "Replica-0", "replica--1", "replica-٣",
	} {
		if ours(name) {
			t.Errorf("%q is mistaken for a development cluster's", name)
		}
	}
}

// Remove removes a directory that the cluster created; a named one stays.
func TestRemove(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	fresh, err := Config{}.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	named := t.TempDir()
	for _, c := range []*Cluster{{cfg: fresh, fresh: true}, {cfg: Config{Dir: named}}} {
		if err := c.Remove(); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(c.Dir()); os.IsNotExist(err) != c.fresh {
			t.Errorf("%s, fresh %v: %v", c.Dir(), c.fresh, err)
		}
	}
}

func TestConfigErrors(t *testing.T) {
	for _, c := range []struct {
		cfg  Config
		want string
	}{
		{Config{Replicas: 2}, "replicas is 2, expected an odd number from 1 to 63: 2f+1 survive f failures"},
		{Config{Sequencers: 17}, "sequencers is 17, expected 1 to 16"},
	} {
		if _, err := Start(context.Background(), c.cfg); err == nil || err.Error() != c.want {
			t.Errorf("got %v, expected %s", err, c.want)
		}
	}
}

func TestRestartsBackOff(t *testing.T) {
	r := &role{}
	var got []time.Duration
	for range 8 {
		got = append(got, r.backOff(time.Millisecond))
		r.restarts++
	}
	if got[0] != firstRestart || got[1] != 2*firstRestart || got[7] != lastRestart {
		t.Errorf("waits %v", got)
	}
	if d := r.backOff(healthyLife); d != firstRestart {
		t.Errorf("after a healthy life: %v", d)
	}
}
