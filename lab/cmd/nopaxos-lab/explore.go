package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/netordered/nopaxos/internal/cli"
	"github.com/netordered/nopaxos/lab/progress"
	"github.com/netordered/nopaxos/lab/sim/worlds"
)

// exploreFlags are what `nopaxos-lab explore` is asked for.
type exploreFlags struct {
	tier      string
	world     string
	maxStates int
	custom    worlds.Bounds
}

// ownWorld is the name of the world that the flags of bounds describe.
const ownWorld = "own"

func exploreCommand() *cobra.Command {
	var f exploreFlags
	cmd := &cobra.Command{
		Use:   "explore",
		Short: "Visit every state of small groups, and check what they promise in each",
		Long: "Visit every state that a small group can reach: three replicas, one or two clients, and as many losses,\n" +
			"leader changes, session changes and restarts as the bounds allow, at every moment, in every combination.\n" +
			"--bounds picks a set of such worlds, --world one of the set; the flags from --clients on describe another.\n" +
			"Exit 0 only if no promise was broken; else a shortest way to the broken promise is printed.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			all, err := f.worlds(cmd.Flags().Changed)
			if err != nil {
				return err
			}
			if f.maxStates < 0 {
				return cli.Usagef("--max-states is %d, expected 0 (no end) or more", f.maxStates)
			}
			return f.explore(cmd.Context(), all, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.tier, "bounds", "small", "set of worlds: "+strings.Join(worlds.Tiers(), ", "))
	flags.StringVar(&f.world, "world", "", "explore the world of this name only")
	flags.IntVar(&f.maxStates, "max-states", 0, "give a world up beyond so many states, at about 300 bytes of memory each; 0: do not")
	b := &f.custom
	b.Name = ownWorld
	flags.IntVar(&b.Clients, "clients", 2, "clients, 1 or 2")
	flags.IntVar(&b.Requests, "requests", 1, "requests of each client, one at a time")
	flags.IntVar(&b.Drops, "drops", 0, "stamped messages that one replica does not get")
	flags.IntVar(&b.LeaderChanges, "leader-changes", 0, "time-outs after which a replica goes to the next leader")
	flags.IntVar(&b.Sessions, "sessions", 0, "session changes")
	flags.IntVar(&b.Restarts, "restarts", 0, "crashes after which a replica comes back without its log")
	flags.IntVar(&b.Syncs, "syncs", 0, "sync points that leaders propose")
	flags.IntVar(&b.Resends, "resends", 0, "requests that the sequencer gets again")
	flags.IntVar(&b.Reorders, "reorders", 0, "stamped messages that overtake others")
	flags.IntVar(&b.Owed, "owed", 16, "check from every so many-th state that requests still complete; 0: only where nothing more can happen")
	flags.BoolVar(&b.Late, "late", false, "messages of views that the receiver has left arrive, too")
	flags.BoolVar(&b.Undo, "undo", true, "the service takes operations back one by one, rather than from a snapshot")
	flags.BoolVar(&b.Snapshots, "snapshots", false, "replicas take a snapshot behind every slot and forget the log before it")
	return cmd
}

// boundsFlags describe a world of one's own.
var boundsFlags = []string{
	"clients", "requests", "drops", "leader-changes", "sessions", "restarts", "syncs", "resends", "reorders", "owed", "late", "undo", "snapshots",
}

// worlds are the worlds that the flags ask for; changed says which of them were given.
func (f *exploreFlags) worlds(changed func(name string) bool) ([]worlds.Bounds, error) {
	if slices.ContainsFunc(boundsFlags, changed) {
		if changed("bounds") || changed("world") {
			return nil, cli.Usagef("--bounds and --world exclude the flags from --clients on")
		}
		if err := f.custom.Check(); err != nil {
			return nil, cli.Usagef("%w", err)
		}
		return []worlds.Bounds{f.custom}, nil
	}
	all, err := worlds.Worlds(f.tier)
	if err != nil {
		return nil, cli.Usagef("--bounds is %q, expected one of %v", f.tier, worlds.Tiers())
	}
	if f.world == "" {
		return all, nil
	}
	var names []string
	for _, b := range all {
		if b.Name == f.world {
			return []worlds.Bounds{b}, nil
		}
		names = append(names, b.Name)
	}
	return nil, cli.Usagef("--world is %q, expected one of %s", f.world, strings.Join(names, ", "))
}

// explore explores one world after the other.
func (f *exploreFlags) explore(ctx context.Context, all []worlds.Bounds, out, errOut io.Writer) error {
	line := progress.New(errOut, 10*time.Second)
	fmt.Fprintf(out, "%-20s %12s %12s %6s %10s %9s  %s\n", "world", "states", "transitions", "depth", "ends", "time", "bounds")
	for _, b := range all {
		began := time.Now()
		r, err := worlds.Explore(ctx, b, worlds.Options{
			MaxStates: f.maxStates,
			Progress: func(depth, states, frontier int) {
				line.Show(func() string {
					return fmt.Sprintf("%s: depth %d, %d states, %d of them to do, %v", b.Name, depth, states, frontier, time.Since(began).Round(time.Second))
				})
			},
		})
		line.End()
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%-20s %12d %12d %6d %10d %8.1fs  %v\n", b.Name, r.States, r.Transitions, r.Depth, r.Ends, r.Took.Seconds(), b)
		if v := r.Violation; v != nil {
			fmt.Fprintf(out, "\nBROKEN: %s\n\n%s\n", v.What, strings.Join(v.Trace, "\n"))
			return cli.ErrReported
		}
		if !r.Complete {
			fmt.Fprintf(out, "%-20s given up beyond %d states: not every state was visited\n", "", f.maxStates)
		}
	}
	return nil
}
