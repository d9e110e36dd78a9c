package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"

	"github.com/spf13/cobra"

	"github.com/netordered/nopaxos/internal/devcluster"
	"github.com/netordered/nopaxos/internal/status"
)

// clusterFlags are the flags of the commands that start a development cluster.
type clusterFlags struct {
	config devcluster.Config
	resp   string
}

func (f *clusterFlags) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.config.Dir, "dir", "", "`directory` for the cluster file, logs and process ids (default: a fresh one in the user's cache, removed at the end)")
	flags.StringVar(&f.resp, "resp", devcluster.DefaultRESP.String(), "`address` that Redis clients connect to")
	flags.IntVar(&f.config.Replicas, "replicas", 3, "replicas, 2f+1 of them")
	flags.IntVar(&f.config.Sequencers, "sequencers", 2, "sequencers: one is active, the others stand by")
}

// parse checks what the flag package could not.
func (f *clusterFlags) parse() error {
	a, err := netip.ParseAddrPort(f.resp)
	if err != nil || a.Port() == 0 {
		return usagef("--resp is %q, expected an IP address and port like %s", f.resp, devcluster.DefaultRESP)
	}
	f.config.RESP = a
	return flagError(f.config.Check())
}

// flagError is a usage error if a configuration that the flags made is wrong.
func flagError(err error) error {
	var wrong *devcluster.ConfigError
	if errors.As(err, &wrong) {
		return usagef("--%w", wrong)
	}
	return err
}

func devCommand() *cobra.Command {
	var flags clusterFlags
	cmd := &cobra.Command{
		Use:   "dev",
		Short: "Run a whole cluster on this machine until Ctrl-C",
		Long: "Run a whole cluster on this machine, every role a process of its own, until Ctrl-C.\n" +
			"What it holds is in memory and gone when it ends, and so is its directory, with the logs, unless\n" +
			"--dir names it or the cluster did not start.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := flags.parse(); err != nil {
				return err
			}
			return runDev(cmd.Context(), flags.config, cmd.OutOrStdout())
		},
	}
	flags.register(cmd)
	cmd.Flags().BoolVar(&flags.config.Supervise, "supervise", false, "restart a role that dies")
	cmd.Flags().BoolVar(&flags.config.FaultInjection, "fault-injection", false, "let POST /faults?drop=RATE make a role lose datagrams")
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
