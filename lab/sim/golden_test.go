package sim

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var updateGolden = flag.Bool("sim.update", false, "write testdata/golden.txt anew")

// goldenFile has the hash over all events of a few seeds.
const goldenFile = "testdata/golden.txt"

// TestGolden: a seed is the same run on every machine and with every Go version. Every change of the
// replica, the client, the receiver, the controller's decisions or the simulator itself makes
// other runs; one that is wanted is written down by
//
//	go test ./sim -run TestGolden -sim.update
//
// What must never happen is that the file changes and the source did not.
func TestGolden(t *testing.T) {
	var b strings.Builder
	for _, p := range Profiles() {
		for seed := uint64(2); seed <= 3; seed++ {
			r := RunGuarded(Config{Seed: seed, Profile: p})
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
			t.Errorf("got  %s\nwant %s\nif the source was meant to change what happens: go test ./sim -run TestGolden -sim.update",
				got, strings.Join(wanted[min(i, len(wanted)):min(i+1, len(wanted))], ""))
		}
	}
}
