package sim

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var updateGolden = flag.Bool("sim.update", false, "rewrite testdata/golden.txt")

// goldenFile has the hashes of all events of a few seeds.
const goldenFile = "testdata/golden.txt"

// TestGolden checks that a seed is the same run on every machine and with every Go version. Changes of the replica,
// the client, the receiver, the controller's decisions or the simulator change runs. Record an intended change by
//
//	go test ./sim -run TestGolden -sim.update
//
// The file must not change unless the source does.
func TestGolden(t *testing.T) {
	var b strings.Builder
	for _, p := range Profiles() {
		for seed := uint64(2); seed <= 3; seed++ {
			r := Run(Config{Seed: seed, Profile: p})
			fmt.Fprintf(&b, "%s seed %d: %d events, hash %016x\n", p, seed, r.Events, r.Hash)
		}
	}
	if *updateGolden {
		if err := os.WriteFile(goldenFile, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(goldenFile)
	if err != nil {
		t.Fatal(err)
	}
	wanted := strings.Split(string(want), "\n")
	for i, got := range strings.Split(b.String(), "\n") {
		if i >= len(wanted) || got != wanted[i] {
			t.Errorf("got  %s\nwant %s\nif this change is intended: go test ./sim -run TestGolden -sim.update",
				got, strings.Join(wanted[min(i, len(wanted)):min(i+1, len(wanted))], ""))
		}
	}
}
