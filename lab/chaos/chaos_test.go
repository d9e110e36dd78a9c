//go:build linux

package chaos

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/netordered/nopaxos/lab/binary"
	"github.com/netordered/nopaxos/lab/netlab"
)

var (
	duration = flag.Duration("chaos.time", 15*time.Second, "duration of the faults")
	seed     = flag.Uint64("chaos.seed", 0, "seed of the faults; 0: a random one")
	asked    = flag.Bool("chaos.asked", false, "fail instead of skipping if this machine cannot run it")
)

// TestChaos breaks real processes in network namespaces and checks that no acknowledged write is lost, that the
// history is linearizable, and that service resumes within the bound.
func TestChaos(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	if err := netlab.Supported(); err != nil {
		cannot(t, err)
	}
	dir, err := os.MkdirTemp("", "nopaxos-chaos-*")
	if err != nil {
		t.Fatal(err)
	}
	cfg := config{Nopaxos: build(t, dir, "cmd/nopaxos"), Lab: build(t, dir, "lab/cmd/nopaxos-lab"), Dir: dir, Duration: *duration, Seed: *seed, Log: os.Stderr}
	if cfg.Seed == 0 {
		cfg.Seed = rand.Uint64()
	}
	fmt.Fprintf(os.Stderr, "chaos for %v, seed %d\n", cfg.Duration, cfg.Seed)
	report, err := breakCluster(t.Context(), cfg)
	if err == nil {
		t.Log(report)
	}
	switch {
	case errors.Is(err, netlab.ErrNotSupported):
		cannot(t, err)
	case err != nil:
		t.Error(err)
	case len(report.Violations) > 0:
		t.Error("NOT everything held")
	}
	if t.Failed() {
		t.Logf("logs are in %s; to repeat the faults: make chaos CHAOS_SEED=%d", dir, cfg.Seed)
		return
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Error(err)
	}
}

// cannot ends a test that this machine cannot run: with a failure if the user asked for the test by name.
func cannot(t *testing.T, err error) {
	t.Helper()
	if *asked {
		t.Fatal(err)
	}
	t.Skip(err)
}

// build builds the binary of a command.
func build(t *testing.T, dir, command string) string {
	t.Helper()
	path, err := binary.Build(dir, command)
	if err != nil {
		t.Fatal(err)
	}
	return path
}
