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
			"load:1:*, which no other client may write meanwhile. Exit 0 only if everything held.",
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
			return cli.Print(cmd.OutOrStdout(), asJSON, report.OK, report, report.WriteText)
		},
	}
	cli.ClusterFlag(cmd, &file)
	cmd.Flags().DurationVar(&duration, "duration", 10*time.Second, "duration of the load; with --marks, at most; 0: until the end of the marks")
	cmd.Flags().Uint64Var(&config.Seed, "seed", 0, "seed of the load's keys and operations (default: a random one)")
	cmd.Flags().IntVar(&config.Workers, "workers", 8, "operations outstanding at a time on the library's path and each front-end's")
	cmd.Flags().BoolVar(&marks, "marks", false, "read the names of events from standard input, one a line, at the time they happen, and report the\n"+
		"longest gap in service from each to the next; the time after an empty line is not reported; the end of\n"+
		"the input ends the load")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the report as JSON, and progress to standard error")
	return cmd
}

// loadRun is one run of the command.
type loadRun struct {
	progress io.Writer
	duration time.Duration // 0: unlimited
	marks    io.Reader     // nil: none

	load   *load.Load
	name   string // of the latest event; empty: not reported
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

// follow shows progress and records marks until the end of the load.
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

// mark records the gap since the latest event and begins the next event.
func (r *loadRun) mark(name string) {
	gap := r.load.Mark()
	if r.name != "" {
		r.faults = append(r.faults, load.NewFault(r.name, gap))
	}
	if r.name = name; name != "" {
		fmt.Fprintf(r.progress, "%6.1f s  >> %s\n", r.load.Elapsed().Seconds(), name)
	}
}

// names returns a channel of the marks, or nil if there are none.
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
