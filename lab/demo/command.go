package demo

import (
	"context"
	"io"
	"math/rand/v2"
	"time"

	"github.com/spf13/cobra"

	"github.com/netordered/nopaxos/internal/cli"
	"github.com/netordered/nopaxos/lab/binary"
)

// Command returns the command that runs the demonstration.
func Command() *cobra.Command {
	var flags cli.DevFlags
	var config Config
	var nopaxos string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Run a cluster, load it, break it, and check what its clients saw",
		Long: "Run a cluster on this machine, load it through the client library and through a stock Redis\n" +
			"client, kill its leader, restart it, kill its active sequencer, drop datagrams, and check that\n" +
			"the clients' history is linearizable and that no acknowledged write is lost.\n" +
			"Exit 0 only if everything held. If something did not, the cluster's directory is left, and named;\n" +
			"else it is removed, unless --dir names it.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := flags.Parse(); err != nil {
				return err
			}
			if err := cli.FlagError(config.Check()); err != nil {
				return err
			}
			if !cmd.Flags().Changed("seed") {
				config.Seed = rand.Uint64()
			}
			config.Cluster = flags.Config
			var err error
			if config.Cluster.Binary, err = binary.Find(nopaxos); err != nil {
				return err
			}
			config.Progress = cmd.OutOrStdout()
			if asJSON {
				config.Progress = cmd.ErrOrStderr()
			}
			return runDemo(cmd.Context(), config, asJSON, cmd.OutOrStdout())
		},
	}
	flags.Register(cmd)
	binary.Flag(cmd, &nopaxos)
	cmd.Flags().DurationVar(&config.Duration, "duration", 35*time.Second, "how long the load lasts")
	cmd.Flags().Uint64Var(&config.Seed, "seed", 0, "seed of the load's keys and operations (default: a random one)")
	cmd.Flags().IntVar(&config.Workers, "workers", 8, "operations outstanding at a time on each of the two paths")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the report as JSON, and progress to standard error")
	return cmd
}

func runDemo(ctx context.Context, config Config, asJSON bool, out io.Writer) error {
	report, err := Run(ctx, config)
	if err != nil {
		return err
	}
	if asJSON {
		err = cli.WriteJSON(out, report)
	} else {
		err = report.WriteText(out)
	}
	if err == nil && !report.OK {
		err = cli.ErrReported
	}
	return err
}
