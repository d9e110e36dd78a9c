package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"runtime"
	"time"

	"github.com/spf13/cobra"

	"github.com/netordered/nopaxos/internal/cli"
	"github.com/netordered/nopaxos/lab/sim"
)

// simFlags are what `nopaxos-lab sim` is asked for.
type simFlags struct {
	seeds    int
	first    uint64
	parallel int
	seed     uint64
	profile  string
	trace    bool
	shrink   bool
	json     bool
	soak     bool
	soakFor  time.Duration

	model     bool
	calibrate string
}

const allProfiles = "all"

func simCommand() *cobra.Command {
	var f simFlags
	cmd := &cobra.Command{
		Use:   "sim",
		Short: "Run a cluster in virtual time, from seeds, and check what it promises",
		Long: "Run whole clusters in virtual time: replicas, clients, sequencers and the controller's decisions,\n" +
			"with losses, partitions, crashes and failovers that a seed decides. Checkers watch every event.\n" +
			"A seed that fails replays event for event: --seed S --profile P --trace.\n" +
			"--soak runs ever new seeds, for as long as one likes.\n" +
			"--model predicts throughput and latency at the paper's scale: the same code, on hosts whose CPU time\n" +
			"counts, calibrated on an unreplicated server alone. docs/performance.md reads what it prints.\n" +
			"Exit 0 only if no promise was broken.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if f.model {
				return f.predict(cmd)
			}
			profiles, err := f.profiles()
			if err != nil {
				return err
			}
			if f.calibrate != "" {
				return cli.Usagef("--calibrate wants --model")
			}
			one := cmd.Flags().Changed("seed")
			f.soak = cmd.Flags().Changed("soak")
			switch {
			case f.seeds < 1:
				return cli.Usagef("--seeds is %d, expected at least 1", f.seeds)
			case f.parallel < 1:
				return cli.Usagef("--parallel is %d, expected at least 1", f.parallel)
			case f.trace && (!one || len(profiles) != 1):
				return cli.Usagef("--trace wants one --seed and one --profile")
			case f.trace && f.json:
				return cli.Usagef("--trace and --json exclude each other")
			case one && (cmd.Flags().Changed("seeds") || cmd.Flags().Changed("first")):
				return cli.Usagef("--seed excludes --seeds and --first")
			case f.soak && (one || cmd.Flags().Changed("seeds")):
				return cli.Usagef("--soak excludes --seed and --seeds")
			case f.soakFor < 0:
				return cli.Usagef("--soak is %v, expected a time, or 0: until it is interrupted", f.soakFor)
			}
			if one {
				f.first, f.seeds = f.seed, 1
			}
			if f.trace {
				return traceSeed(cmd.Context(), sim.Config{Seed: f.seed, Profile: profiles[0]}, f.shrink, cmd.OutOrStdout())
			}
			if f.soak && !cmd.Flags().Changed("first") {
				f.first = rand.Uint64() >> 24 // short enough to be typed
			}
			return f.sweep(cmd.Context(), profiles, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	flags := cmd.Flags()
	flags.IntVar(&f.seeds, "seeds", 100, "seeds to run under each profile")
	flags.Uint64Var(&f.first, "first", 1, "first seed")
	flags.IntVar(&f.parallel, "parallel", runtime.GOMAXPROCS(0), "runs at a time")
	flags.Uint64Var(&f.seed, "seed", 0, "run this seed only")
	flags.StringVar(&f.profile, "profile", allProfiles, fmt.Sprintf("faults to draw from: one of %v, or all", sim.Profiles()))
	flags.BoolVar(&f.trace, "trace", false, "print every event of --seed, one a line")
	flags.BoolVar(&f.shrink, "shrink", false, "of a seed that fails, look for the fewest faults that make it fail")
	flags.DurationVar(&f.soakFor, "soak", 0, "run ever new seeds for so long, or, if it is 0, until Ctrl-C; from a random first one unless --first says")
	flags.BoolVar(&f.model, "model", false, "predict throughput, latency, loss, failover and path lengths at the paper's scale; goes with --seed, --json and --calibrate alone")
	flags.StringVar(&f.calibrate, "calibrate", "", "the results.json of a benchmark, whose unreplicated server --model is calibrated on instead of the paper's")
	flags.BoolVar(&f.json, "json", false, "print the report as JSON, and progress to standard error")
	return cmd
}

func (f *simFlags) profiles() ([]sim.Profile, error) {
	if f.profile == allProfiles {
		return sim.Profiles(), nil
	}
	p, err := sim.ParseProfile(f.profile)
	if err != nil {
		return nil, cli.Usagef("--profile is %q, expected one of %v, or all", f.profile, sim.Profiles())
	}
	return []sim.Profile{p}, nil
}

// traceSeed replays a seed with every event written out.
func traceSeed(ctx context.Context, cfg sim.Config, shrink bool, out io.Writer) error {
	if shrink {
		cfg.Faults = sim.Shrink(ctx, cfg, func(int) {}).Plan
	}
	w := bufio.NewWriter(out)
	cfg.Trace = w
	r := sim.Run(cfg)
	if err := w.Flush(); err != nil {
		return err
	}
	for _, failure := range r.Failures {
		fmt.Fprintln(out, "FAILED:", failure)
	}
	fmt.Fprintf(out, "%d events in %v of virtual time, hash %016x\n", r.Events, r.Virtual, r.Hash)
	if len(r.Failures) > 0 {
		return cli.ErrReported
	}
	return nil
}

// sweep runs the seeds and reports.
func (f *simFlags) sweep(ctx context.Context, profiles []sim.Profile, out, errOut io.Writer) error {
	s := sim.Sweep{Profiles: profiles, First: f.first, Seeds: f.seeds, Parallel: f.parallel}
	if f.soak {
		s.Seeds = math.MaxInt / len(profiles)
	}
	shown := out
	if f.json {
		shown = errOut
	}
	report, bar := newSimReport(f.first), newSimProgress(shown, &s, f.soak)
	s.Run(ctx, func(r *sim.Result) bool {
		report.add(r)
		bar.done(report)
		if len(r.Failures) > 0 {
			smaller := sim.Result{}
			if f.shrink {
				smaller = sim.Shrink(ctx, r.Config, bar.shrinking)
			}
			bar.line.Print(report.fail(r, &smaller).String())
		}
		return f.soakFor == 0 || time.Since(report.began) < f.soakFor
	})
	bar.line.End()
	report.finish(len(profiles))
	err := cli.Print(out, f.json, report.Failures == 0, report, report.writeText)
	if err == nil && !f.soak { // an interrupt ends a soak
		err = ctx.Err()
	}
	return err
}
