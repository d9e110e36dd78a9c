package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

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
			"Its datagrams have the default length, so it takes the commands that a deployment takes: a command,\n" +
			"or all of a MULTI, has at most 1301 bytes with the lengths of its arguments.\n" +
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
	fmt.Fprintln(out, devCommands(os.Args[0], c))
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

// devCommands returns commands for a shell that show the cluster at work.
func devCommands(program string, c *devcluster.Cluster) string {
	resp := c.RESP()
	return strings.Join([]string{
		fmt.Sprintf("redis-cli -h %s -p %d set greeting hello", resp.Addr(), resp.Port()),
		fmt.Sprintf("redis-benchmark -h %s -p %d -t set,get,incr -n 100000 -P 16 -c 50 -q", resp.Addr(), resp.Port()),
		fmt.Sprintf("%s status --cluster %s", shellWord(program), shellWord(c.File().Path)),
		fmt.Sprintf("kill -9 $(cat %s)   # and nothing is lost", shellWord(filepath.Join(c.Dir(), "replica-0.pid"))),
		"",
	}, "\n")
}

// shellWord quotes a word for a shell, if it needs that.
func shellWord(word string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("/._-~+:@", r)
	}
	if strings.IndexFunc(word, func(r rune) bool { return !plain(r) }) < 0 {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
