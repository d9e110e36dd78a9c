package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"github.com/spf13/cobra"

	"github.com/netordered/nopaxos/internal/cli"
	"github.com/netordered/nopaxos/lab/load"
)

func loadCommand() *cobra.Command {
	var file string
	var config load.Config
	var duration time.Duration
	var marks, asJSON bool
	cmd := &cobra.Command{
		Use:   "load --cluster FILE",
		Short: "Load a running cluster and check what its clients saw",
		Long: "Load a running cluster through the client library and through its front-ends, and check that the\n" +
			"clients' history is linearizable and that no acknowledged write is lost. The keys are load:0:* and\n" +
			"load:1:*, which nobody else may write meanwhile. Exit 0 only if everything held.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if config.Workers < 1 || config.Workers > load.MaxWorkers {
				return cli.Usagef("--workers is %d, expected 1 to %d", config.Workers, load.MaxWorkers)
			}
			if duration <= 0 && !marks {
				return cli.Usagef("--duration is %v, expected a time above zero", duration)
			}
			if !cmd.Flags().Changed("seed") {
				config.Seed = rand.Uint64()
			}
			if config.File, err = cli.LoadCluster(file); err != nil {
				return err
			}
			r := loadRun{progress: cmd.OutOrStdout(), duration: duration}
			if marks {
				r.marks = cmd.InOrStdin()
			}
			if asJSON {
				r.progress = cmd.ErrOrStderr()
			}
			report, err := r.run(cmd.Context(), config)
			if err != nil {
				return err
			}
			return writeLoadReport(report, asJSON, cmd.OutOrStdout())
		},
	}
	cli.ClusterFlag(cmd, &file)
	cmd.Flags().DurationVar(&duration, "duration", 10*time.Second, "how long the load lasts; with --marks, at most; 0: until its end")
	cmd.Flags().Uint64Var(&config.Seed, "seed", 0, "seed of the load's keys and operations (default: a random one)")
	cmd.Flags().IntVar(&config.Workers, "workers", 8, "operations outstanding at a time on the library's path and each front-end's")
	cmd.Flags().BoolVar(&marks, "marks", false, "take each line of standard input for the name of something that happens now, and report how\n"+
		"long service stood still from it to the next; an empty line begins what is not reported, and the\n"+
		"end of the input ends the load")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the report as JSON, and progress to standard error")
	return cmd
}

// loadRun is one run of the command.
type loadRun struct {
	progress io.Writer
	duration time.Duration // 0: no limit
	marks    io.Reader     // nil: none

	load   *load.Load
	name   string // of what happens now
	faults []load.Fault
}

func (r *loadRun) run(ctx context.Context, config load.Config) (*load.Report, error) {
	var err error
	if r.load, err = load.Begin(ctx, config); err != nil {
		return nil, err
	}
	r.follow(ctx)
	report, err := r.load.End(ctx)
	if err == nil {
		report.Faults = append(report.Faults, r.faults...)
	}
	return report, err
}

// follow shows progress and notes marks until the load is over.
func (r *loadRun) follow(ctx context.Context) {
	var over <-chan time.Time
	if r.duration > 0 {
		timer := time.NewTimer(r.duration)
		defer timer.Stop()
		over = timer.C
	}
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	names := r.names(ctx)
	defer r.mark("")
	for {
		select {
		case <-ctx.Done():
			return
		case <-over:
			return
		case name, ok := <-names:
			if !ok {
				return
			}
			r.mark(name)
		case <-ticker.C:
			operations, p50, p99 := r.load.Interval()
			fmt.Fprintf(r.progress, "%6.1f s  %7d operations  p50 %6d µs  p99 %6d µs\n",
				r.load.Elapsed().Seconds(), operations, p50, p99)
		}
	}
}

// mark ends what happened so far and begins the next.
func (r *loadRun) mark(name string) {
	gap := r.load.Mark()
	if r.name != "" {
		r.faults = append(r.faults, load.NewFault(r.name, gap))
	}
	if r.name = name; name != "" {
		fmt.Fprintf(r.progress, "%6.1f s  >> %s\n", r.load.Elapsed().Seconds(), name)
	}
}

// names reads the marks; without any the channel is silent.
func (r *loadRun) names(ctx context.Context) <-chan string {
	if r.marks == nil {
		return nil
	}
	names := make(chan string)
	go func() {
		defer close(names)
		for lines := bufio.NewScanner(r.marks); lines.Scan(); {
			select {
			case names <- lines.Text():
			case <-ctx.Done():
				return
			}
		}
	}()
	return names
}

func writeLoadReport(r *load.Report, asJSON bool, out io.Writer) error {
	var err error
	if asJSON {
		err = cli.WriteJSON(out, r)
	} else {
		fmt.Fprintf(out, "\n%.1f s of load, seed %d\n\n", r.Seconds, r.Seed)
		if err = r.WriteFigures(out); err == nil {
			err = r.WriteVerdict(out)
		}
	}
	if err == nil && !r.OK {
		err = cli.ErrReported
	}
	return err
}
