package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/netordered/nopaxos/internal/cli"
	"github.com/netordered/nopaxos/internal/status"
	"github.com/netordered/nopaxos/internal/wait"
)

// rollFlags are those of the roll command.
type rollFlags struct {
	cluster  string
	group    string
	kinds    []string
	patience time.Duration
	outage   bool
}

func rollCommand() *cobra.Command {
	var flags rollFlags
	cmd := &cobra.Command{
		Use:   "roll --cluster FILE -- COMMAND [ARGUMENT]...",
		Short: "Restart or upgrade members one at a time, and stop before a step that would lose data or service",
		Long: "Run COMMAND, which restarts one member, for every member of the cluster in turn: the controller, the standby\n" +
			"sequencers, the active one, the followers of each group, its leader, the front-ends; with --group the\n" +
			"replicas and front-ends of that group only. Before each step every role must answer, every sequencer be\n" +
			"ready and every replica be normal in its leader's view; else roll stops and names what is missing. After\n" +
			"each step it waits until the member has restarted and the cluster is whole again.\n\n" +
			"COMMAND runs without a shell. In its arguments, and in its environment, the member is\n" +
			"  {kind}     NOPAXOS_KIND     controller, sequencer, replica or kv\n" +
			"  {index}    NOPAXOS_INDEX    from 0, the --index of its role\n" +
			"  {name}     NOPAXOS_NAME     like replica-0\n" +
			"  {group}    NOPAXOS_GROUP    of a replica or front-end\n" +
			"  {address}  NOPAXOS_ADDRESS  and port, from the cluster file\n" +
			"  {host}     NOPAXOS_HOST     the address without the port",
		Example: "  nopaxos roll --cluster cluster.yaml -- ssh {host} systemctl restart nopaxos-{kind}@{index}\n" +
			"  nopaxos roll --cluster cluster.yaml --kind replica -- kubectl delete pod nopaxos-replica-{index}",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cli.Usagef("no COMMAND after --, expected one that restarts a member")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return runRoll(cmd, flags, args) },
	}
	cli.ClusterFlag(cmd, &flags.cluster)
	cmd.Flags().StringVar(&flags.group, "group", "", "restart only the replicas and front-ends of this `group`")
	cmd.Flags().StringSliceVar(&flags.kinds, "kind", nil, "restart only members of these `kinds`")
	cmd.Flags().DurationVar(&flags.patience, "patience", 10*time.Minute, "how long COMMAND, and then the member's return, may each take")
	cmd.Flags().BoolVar(&flags.outage, "allow-outage", false, "restart even the only sequencer: nothing is served meanwhile")
	return cmd
}

func runRoll(cmd *cobra.Command, flags rollFlags, command []string) error {
	if flags.patience <= 0 {
		return cli.Usagef("--patience is %v, expected a positive time", flags.patience)
	}
	file, err := cli.LoadCluster(flags.cluster)
	if err != nil {
		return err
	}
	members, err := membersToRoll(file, flags)
	if err != nil {
		return err
	}
	r := &roll{flags: flags, command: command, left: members, out: cmd.OutOrStdout(), errOut: cmd.ErrOrStderr()}
	r.look = func(ctx context.Context) *status.Cluster { return status.Query(ctx, file, answerPatience) }
	return r.run(cmd.Context())
}

// roll restarts members one at a time.
type roll struct {
	flags       rollFlags
	command     []string
	left        []member // not restarted yet
	out, errOut io.Writer
	look        func(ctx context.Context) *status.Cluster
}

func (r *roll) run(ctx context.Context) error {
	total := len(r.left)
	s, err := r.settled(ctx, min(r.flags.patience, noticeInterval), func(*status.Cluster) error { return nil })
	for err == nil && len(r.left) > 0 {
		m := next(r.left, s)
		if s, err = r.step(ctx, m, s); err != nil {
			break
		}
		r.left = slices.DeleteFunc(r.left, func(l member) bool { return l == m })
		fmt.Fprintf(r.out, "%d/%d %s restarted\n", total-len(r.left), total, m.title())
	}
	if err != nil {
		var names []string
		for _, m := range r.left {
			names = append(names, m.title())
		}
		return fmt.Errorf("%w; not restarted, or not seen to return: %s", err, strings.Join(names, ", "))
	}
	return nil
}

// step restarts the member of a cluster that is whole, as s shows it, and returns the status of the whole cluster after it.
func (r *roll) step(ctx context.Context, m member, s *status.Cluster) (*status.Cluster, error) {
	before := m.probe(s).Role
	if err := r.restart(ctx, m); err != nil {
		return nil, fmt.Errorf("%s: the command failed: %w", m.title(), err)
	}
	s, err := r.settled(ctx, r.flags.patience, func(s *status.Cluster) error {
		now := m.probe(s).Role
		if now != nil && now.Started.Equal(before.Started) {
			return errors.New("it did not restart: the process from before the command still answers")
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", m.title(), err)
	}
	return s, nil
}

// noticeInterval is the time between two lines about a wait. Before the first step a view change may take as long.
const noticeInterval = 5 * time.Second

// settled waits until holds returns nil and the cluster is whole in two looks that show the same processes in the
// same view, so that a failure which is not visible everywhere yet shows in the second.
func (r *roll) settled(ctx context.Context, patience time.Duration, holds func(*status.Cluster) error) (*status.Cluster, error) {
	deadline := time.Now().Add(patience)
	shown := time.Now()
	last := ""
	for {
		s := r.look(ctx)
		problem := holds(s)
		if problem == nil {
			problem = r.whole(s)
		}
		this := shape(s)
		switch {
		case problem == nil && this == last:
			return s, nil
		case problem == nil && time.Now().After(deadline.Add(noticeInterval)):
			return nil, errors.New("the cluster does not settle: views or processes keep changing")
		case problem == nil:
			last = this
		case time.Now().After(deadline):
			return nil, problem
		default:
			last = ""
			if time.Since(shown) >= noticeInterval {
				shown = time.Now()
				fmt.Fprintf(r.out, "waiting: %v\n", problem)
			}
		}
		if err := wait.For(ctx, lookInterval); err != nil {
			return nil, errors.Join(err, problem)
		}
	}
}

// whole returns why the group of --group, or every group, is not whole.
func (r *roll) whole(s *status.Cluster) error {
	part := *s
	part.Groups = slices.Clone(s.Groups)
	part.Restrict(r.flags.group)
	return part.Whole()
}

// shape describes the processes of a cluster and their views.
func shape(s *status.Cluster) string {
	var b strings.Builder
	for _, g := range s.Groups {
		fmt.Fprintln(&b, g.View, g.Sequencer)
		for _, p := range g.Replicas {
			if p.Role != nil {
				fmt.Fprintln(&b, p.Started)
			}
		}
	}
	return b.String()
}

// restart runs the command for the member.
func (r *roll) restart(ctx context.Context, m member) error {
	ctx, cancel := context.WithTimeoutCause(ctx, r.flags.patience, fmt.Errorf("it runs longer than --patience %v", r.flags.patience))
	defer cancel()
	args := make([]string, len(r.command))
	for i, a := range r.command {
		args[i] = m.replacer().Replace(a)
	}
	c := exec.CommandContext(ctx, args[0], args[1:]...)
	c.Env = append(os.Environ(), m.environment()...)
	c.Stdout, c.Stderr = r.errOut, r.errOut
	c.Cancel = func() error { return c.Process.Signal(syscall.SIGTERM) }
	c.WaitDelay = time.Second
	err := c.Run()
	switch {
	case errors.Is(err, exec.ErrWaitDelay): // it left a process behind that has its output
		return nil
	case err != nil && ctx.Err() != nil:
		return context.Cause(ctx)
	}
	return err
}
