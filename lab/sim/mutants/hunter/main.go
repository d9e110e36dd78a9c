// Command hunter runs seeds until one fails, and reports the seed and the failure. Command mutants builds it once
// from the unchanged tree, and once with each planted bug.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/netordered/nopaxos/lab/sim"
)

// Find is the hunter's output.
type Find struct {
	Runs    int    // up to and including the failed one, or all
	Profile string // of the failed seed; empty if none failed
	Seed    uint64
	What    string // the first broken promise
}

func main() {
	profiles := flag.String("profiles", "", "comma-separated profiles; every seed runs under each")
	first := flag.Uint64("first", 1, "first seed")
	from := flag.Int("from", 0, "number of runs to skip at the start")
	runs := flag.Int("runs", 5000, "maximum number of runs, including the skipped ones")
	patience := flag.Duration("patience", 30*time.Second, "wall-clock time after which a run counts as endless")
	flag.Parse()
	find, err := hunt(strings.Split(*profiles, ","), *first, *from, *runs, *patience)
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(find)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "hunter:", err)
		os.Exit(2)
	}
}

// hunt runs one seed at a time, so the number of runs does not depend on the machine.
func hunt(names []string, first uint64, from, runs int, patience time.Duration) (Find, error) {
	sweep := sim.Sweep{First: first, From: from, Parallel: 1}
	for _, name := range names {
		p, err := sim.ParseProfile(name)
		if err != nil {
			return Find{}, err
		}
		sweep.Profiles = append(sweep.Profiles, p)
	}
	sweep.Seeds = (runs + len(names) - 1) / len(names)

	find := Find{Runs: from}
	done := make(chan struct{})
	var finished atomic.Int64
	finished.Store(int64(from))
	go func() {
		defer close(done)
		n := from
		sweep.Run(context.Background(), func(r *sim.Result) bool {
			n++
			finished.Store(int64(n))
			find.Runs = n
			if len(r.Failures) > 0 {
				find.Profile, find.Seed, find.What = string(r.Config.Profile), r.Config.Seed, r.Failures[0].String()
			}
			return find.Profile == "" && n < runs
		})
	}()
	for seen := int64(-1); ; {
		select {
		case <-done:
			return find, nil
		case <-time.After(patience):
		}
		n := finished.Load()
		if n == seen {
			return Find{
				Runs: int(n) + 1, Profile: names[int(n)%len(names)], Seed: first + uint64(int(n)/len(names)),
				What: fmt.Sprintf("does not end within %v", patience),
			}, nil
		}
		seen = n
	}
}
