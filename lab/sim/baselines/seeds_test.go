package baselines

import (
	"flag"
	"testing"

	"github.com/netordered/nopaxos/lab/baseline"
)

var (
	flagSystem = flag.String("baselines.system", "", "run this system only")
	flagSeeds  = flag.Uint64("baselines.seeds", 40, "how many seeds to run for each system")
	flagFirst  = flag.Uint64("baselines.first", 1, "the first seed")
)

// TestSeeds runs every system under many seeds.
func TestSeeds(t *testing.T) {
	for _, system := range baseline.Systems() {
		if *flagSystem != "" && system.String() != *flagSystem {
			continue
		}
		t.Run(system.String(), func(t *testing.T) {
			t.Parallel()
			var sum result
			for seed := *flagFirst; seed < *flagFirst+*flagSeeds; seed++ {
				r := run(system, seed)
				if r.Err != nil {
					t.Errorf("seed %d, %d replicas: %v", seed, r.Replicas, r.Err)
				}
				sum.Calls += r.Calls
				sum.Stats.Add(&r.Stats)
			}
			t.Logf("%d calls, %+v", sum.Calls, sum.Stats)
		})
	}
}
