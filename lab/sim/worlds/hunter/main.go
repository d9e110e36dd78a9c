// Command hunter explores small worlds, one after the other, until it finds a violation, and reports it. The
// mutants' runner builds it with each planted bug.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/netordered/nopaxos/lab/sim/worlds"
)

// Find is the hunter's output.
type Find struct {
	World  string // with the violation; empty if there was none
	States int    // visited in all worlds so far
	Acts   int    // inputs on the path to the violation
	What   string // the violation
}

func main() {
	tier := flag.String("bounds", "small", "set of worlds")
	states := flag.Int("max-states", 3_000_000, "states of one world at most: a bug may make it larger than it is")
	patience := flag.Duration("patience", 10*time.Minute, "of wall clock time, for one world: a step that takes longer does not end")
	flag.Parse()
	find, err := hunt(*tier, *states, *patience)
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(find)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "hunter:", err)
		os.Exit(2)
	}
}

func hunt(tier string, states int, patience time.Duration) (Find, error) {
	var find Find
	all, err := worlds.Worlds(tier)
	if err != nil {
		return find, err
	}
	for _, b := range all {
		type result struct {
			report worlds.Report
			err    error
		}
		done := make(chan result, 1)
		ctx, stop := context.WithTimeout(context.Background(), patience)
		go func() {
			r, err := worlds.Explore(ctx, b, worlds.Options{MaxStates: states})
			done <- result{r, err}
		}()
		var r result
		select {
		case r = <-done:
		case <-time.After(2 * patience): // the explorer checks the time between two steps
			r.report.Violation = &worlds.Violation{What: fmt.Sprintf("a step does not end within %v", patience)}
		}
		stop()
		find.States += r.report.States
		if v := r.report.Violation; v != nil {
			find.World, find.Acts, find.What = b.Name, v.Acts, v.What
			return find, nil
		}
		if r.err != nil {
			return find, fmt.Errorf("world %s: %w", b.Name, r.err)
		}
	}
	return find, nil
}
