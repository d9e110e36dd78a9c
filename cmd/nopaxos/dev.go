package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/netordered/nopaxos/internal/cli"
	"github.com/netordered/nopaxos/internal/devcluster"
	"github.com/netordered/nopaxos/internal/status"
)

func devCommand() *cobra.Command {
	var flags cli.DevFlags
	cmd := &cobra.Command{
		Use:   "dev",
		Short: "Run a whole cluster on this machine until Ctrl-C",
		Long: "Run a whole cluster on this machine, every role a process of its own, until Ctrl-C.\n" +
			"What it holds is in memory and gone when it ends, and so is its directory, with the logs, unless\n" +
			"--dir names it or the cluster did not start.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := flags.Parse(); err != nil {
				return err
			}
			return runDev(cmd.Context(), flags.Config, cmd.OutOrStdout())
		},
	}
	flags.Register(cmd)
	cmd.Flags().BoolVar(&flags.Config.Supervise, "supervise", false, "restart a role that dies")
	cmd.Flags().BoolVar(&flags.Config.FaultInjection, "fault-injection", false, "let POST /faults?drop=RATE make a role lose datagrams")
	return cmd
}

func runDev(ctx context.Context, config devcluster.Config, out io.Writer) (err error) {
	config.Log = out
	c, err := devcluster.Start(ctx, config)
	if err != nil {
		return err
	}
	defer func() {
		c.Stop()
		err = errors.Join(err, c.Remove())
	}()
	s := c.Status(ctx)
	fmt.Fprintf(out, "cluster file   %s\n", c.File().Path)
	fmt.Fprintf(out, "Redis clients  redis-cli -h %s -p %d\n", c.RESP().Addr(), c.RESP().Port())
	fmt.Fprintf(out, "state          nopaxos status --cluster %s\n\n", c.File().Path)
	for _, probes := range [][]status.Probe{s.Controllers, s.Sequencers, s.Groups[0].Replicas, s.FrontEnds} {
		for _, p := range probes {
			fmt.Fprintf(out, "%-14s http %-22s %s\n", p.Name, p.Address, p.State())
		}
	}
	fmt.Fprintf(out, "ready resp=%s http=%s\n", c.RESP(), c.HTTP())
	<-ctx.Done()
	fmt.Fprintln(out, "stopping")
	return nil
}
