package demo

import (
	"math/rand/v2"
	"time"

	"github.com/spf13/cobra"

	"github.com/netordered/nopaxos/internal/cli"
	"github.com/netordered/nopaxos/lab/binary"
)

// Command returns the command that runs the demonstration.
func Command() *cobra.Command {
	var flags cli.DevFlags
	var c config
	var nopaxos string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Run a cluster, load it, break it, and check what its clients saw",
		Long: "Run a cluster on this machine, load it through the client library and through a stock Redis\n" +
			"client, kill its leader, restart it, kill its active sequencer, drop datagrams, and check that\n" +
			"the clients' history is linearizable and that no acknowledged write is lost.\n" +
			"Exit 0 only if everything held; otherwise the cluster's directory is kept for its logs. After a success\n" +
			"it is removed, unless --dir names it.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := flags.Parse(); err != nil {
				return err
			}
			if err := cli.FlagError(c.check()); err != nil {
				return err
			}
			if !cmd.Flags().Changed("seed") {
				c.seed = rand.Uint64()
			}
			c.cluster = flags.Config
			var err error
			if c.cluster.Binary, err = binary.Find(nopaxos); err != nil {
				return err
			}
			c.progress = cmd.OutOrStdout()
			if asJSON {
				c.progress = cmd.ErrOrStderr()
			}
			report, err := runDemo(cmd.Context(), c)
			if err != nil {
				return err
			}
			return cli.Print(cmd.OutOrStdout(), asJSON, report.OK, report, report.WriteText)
		},
	}
	flags.Register(cmd)
	binary.Flag(cmd, &nopaxos)
	cmd.Flags().DurationVar(&c.duration, "duration", 35*time.Second, "duration of the load")
	cmd.Flags().Uint64Var(&c.seed, "seed", 0, "seed of the load's keys and operations (default: a random one)")
	cmd.Flags().IntVar(&c.workers, "workers", 8, "operations outstanding at a time on each of the two paths")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the report as JSON, and progress to standard error")
	return cmd
}
