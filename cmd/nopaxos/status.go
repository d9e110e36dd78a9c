package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/netordered/nopaxos/cluster"
	"github.com/netordered/nopaxos/internal/cli"
	"github.com/netordered/nopaxos/internal/status"
	"github.com/netordered/nopaxos/internal/wait"
)

// statusFlags are those of the status command.
type statusFlags struct {
	cluster string
	group   string
	json    bool
	wait    string
	timeout time.Duration
}

const (
	answerPatience = 2 * time.Second        // for the answer of a role
	waitPatience   = time.Minute            // for a state, by default
	lookInterval   = 100 * time.Millisecond // between two looks at the cluster
)

func statusCommand() *cobra.Command {
	var flags statusFlags
	cmd := &cobra.Command{
		Use:   "status --cluster FILE",
		Short: "Show every group and role, and exit with the verdict: 0 only if nothing is missing or at risk",
		Long: "Ask every role of the cluster file for its status, and judge every group:\n" +
			"  ok           exit 0  every member takes part, and the group survives the failure of any\n" +
			"  degraded     exit 3  serves and survives one more failure, but a member is missing\n" +
			"  at risk      exit 4  serves, but one more failure stops the service or loses data\n" +
			"  not serving  exit 5  requests are not executed\n" +
			"The exit status is that of the worst group; 1 and 2 mean that the command itself failed. Below the\n" +
			"groups it says which members are missing, and what may fail now. A group of one replica, or a\n" +
			"cluster of one sequencer, is always at risk.\n\n" +
			"--wait serving waits until every group is served, --wait whole until every role answers and takes\n" +
			"part. Both exit 0 as soon as that holds; after the time limit they exit with the verdict.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runStatus(cmd, flags) },
	}
	cli.ClusterFlag(cmd, &flags.cluster)
	cmd.Flags().StringVar(&flags.group, "group", "", "judge only this `group`")
	cmd.Flags().BoolVar(&flags.json, "json", false, "print JSON")
	cmd.Flags().StringVar(&flags.wait, "wait", "", "wait until the groups are `whole` or serving")
	cmd.Flags().DurationVar(&flags.timeout, "timeout", 0,
		fmt.Sprintf("time limit (default %v; with --wait %v)", answerPatience, waitPatience))
	return cmd
}

// load checks the flags, completes them, and reads the cluster file.
func (f *statusFlags) load() (*cluster.File, error) {
	if f.wait != "" && f.wait != "whole" && f.wait != "serving" {
		return nil, cli.Usagef("--wait is %q, expected whole or serving", f.wait)
	}
	switch {
	case f.timeout < 0:
		return nil, cli.Usagef("--timeout is %v, expected a positive time", f.timeout)
	case f.timeout == 0 && f.wait != "":
		f.timeout = waitPatience
	case f.timeout == 0:
		f.timeout = answerPatience
	}
	file, err := cli.LoadCluster(f.cluster)
	if err == nil && f.group != "" {
		_, err = file.PickGroup(f.group)
	}
	return file, err
}

func runStatus(cmd *cobra.Command, flags statusFlags) error {
	file, err := flags.load()
	if err != nil {
		return err
	}
	holds, patience := (*status.Cluster).Whole, answerPatience
	switch flags.wait {
	case "serving":
		holds = (*status.Cluster).Serving
	case "":
		holds, patience = func(*status.Cluster) error { return nil }, flags.timeout
	}
	look := func(patience time.Duration) *status.Cluster {
		s := status.Query(cmd.Context(), file, patience)
		s.Restrict(flags.group)
		return s
	}
	s, problem := await(cmd.Context(), flags.timeout, patience, look, holds)
	if err := cli.Print(cmd.OutOrStdout(), flags.json, true, s, s.WriteTable); err != nil {
		return err
	}
	if problem != nil {
		fmt.Fprintf(cmd.ErrOrStderr(), "nopaxos: not %s after %v: %v\n", flags.wait, flags.timeout, problem)
	}
	if flags.wait != "" && problem == nil || s.Verdict == status.OK {
		return nil
	}
	return cli.ExitStatus(s.Verdict.ExitStatus())
}

// await looks at the cluster until holds returns nil or the time is over, and gives each look at most patience. It
// returns the last status, and the last error of holds.
func await(ctx context.Context, timeout, patience time.Duration, look func(patience time.Duration) *status.Cluster,
	holds func(*status.Cluster) error) (*status.Cluster, error) {
	deadline := time.Now().Add(timeout)
	for {
		s := look(max(lookInterval, min(time.Until(deadline), patience)))
		problem := holds(s)
		if problem == nil || !time.Now().Add(lookInterval).Before(deadline) {
			return s, problem
		}
		if err := wait.For(ctx, lookInterval); err != nil {
			return s, problem
		}
	}
}
