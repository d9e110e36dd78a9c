package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/netordered/nopaxos/cluster"
	"github.com/netordered/nopaxos/internal/cli"
	"github.com/netordered/nopaxos/internal/ops"
	"github.com/netordered/nopaxos/internal/status"
	"github.com/netordered/nopaxos/kv"
	"github.com/netordered/nopaxos/replica/server"
	"github.com/netordered/nopaxos/transport"
)

// replicaFlags are those of the commands about one replica.
type replicaFlags struct {
	roleFlags
	group string
}

func (f *replicaFlags) register(cmd *cobra.Command) {
	f.roleFlags.register(cmd, "replica")
	cmd.Flags().StringVar(&f.group, "group", "", "the replica's group (default: the only one)")
}

// load reads the cluster file and returns the replica's group in it.
func (f *replicaFlags) load() (*cluster.File, *cluster.Group, error) {
	var group *cluster.Group
	file, err := f.roleFlags.load("replicas", func(file *cluster.File) (n int, err error) {
		if group, err = file.PickGroup(f.group); err == nil {
			n = len(group.Replicas)
		}
		return n, err
	})
	return file, group, err
}

func replicaCommand() *cobra.Command {
	var flags replicaFlags
	var bootstrap bool
	cmd := &cobra.Command{
		Use:   "replica --cluster FILE --index N",
		Short: "Run a replica of the key-value store",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return runReplica(cmd.Context(), flags, bootstrap) },
	}
	flags.register(cmd)
	flags.registerFaults(cmd)
	cmd.Flags().BoolVar(&bootstrap, "bootstrap", false, "bootstrap the replica first, as a member of a new group")
	return cmd
}

func runReplica(ctx context.Context, flags replicaFlags, bootstrap bool) error {
	f, group, err := flags.load()
	if err != nil {
		return err
	}
	self, r := group.Replicas[flags.index], newRole("replica", flags.index)
	config, err := server.FromFile(f, group.Name, flags.index, kv.New())
	if err != nil {
		return err
	}
	config.Logger = r.log
	if bootstrap {
		if err := server.Bootstrap(config.Dir, config.Owner()); err != nil {
			return r.fail(err)
		}
	}
	s, err := server.New(config)
	if err != nil {
		return r.fail(err)
	}
	page := ops.Config{
		Name: r.name, Version: cli.Version, Address: self.HTTP,
		Status:  func(to *status.Role) { replicaStatus(s, group.Name, to) },
		Healthy: func() error { return replicaHealth(s.Status()) },
	}
	if flags.faultInjection {
		page.Drop = transport.SetDrop
	}
	http, err := ops.Listen(page)
	if err != nil {
		s.Close()
		return r.fail(err)
	}
	return r.run(ctx, s.Run, http.Serve)
}

// replicaStatus fills in the replica's part of its status.
func replicaStatus(s *server.Server, group string, to *status.Role) {
	from := s.Status()
	to.Replica = &status.Replica{
		Group: group, Index: from.Replica, Incarnation: from.Incarnation,
		Leader: from.View.Leader, Session: from.View.Session, Status: from.Phase,
		IsLeader: from.Leader == from.Replica && from.Phase == status.Normal,
		LogStart: from.LogStart, LogEnd: from.LogEnd, LogBytes: from.LogBytes,
		SyncPoint: from.SyncPoint, Executed: from.Executed, Snapshot: from.Snapshot,
		Clients: from.Clients, Full: from.Full, Recovering: s.Recovering().Seconds(),
		Stalled: time.Duration(from.Counters.Stalled).Seconds(),
	}
	to.AddCounters("replica", from.Counters)
	to.AddCounters("oum", from.OUM)
	to.AddCounters("transport", s.Transport())
}

func bootstrapCommand() *cobra.Command {
	var flags replicaFlags
	var discard bool
	cmd := &cobra.Command{
		Use:   "bootstrap --cluster FILE --index N",
		Short: "Make a replica's record as a member of a new group, once, before its first start",
		Long: "Make a replica's record as a member of a new group. Do it once for every replica before any of\n" +
			"them starts. A replica that lost its record must not be bootstrapped again: it may have promised\n" +
			"what it no longer knows of.\n\n" +
			"A group keeps its state in memory. If more than f of its 2f+1 replicas are restarted at once, nobody\n" +
			"can tell any more what was committed: the group stays down, its replicas are \"recovering\", and all\n" +
			"data is lost. To have an empty group in its place, and only then:\n" +
			"  1. make sure that no f+1 replicas kept their state and are merely unreachable;\n" +
			"  2. stop every replica of the group, every front-end and client, and every controller;\n" +
			"  3. make new keys (move the old ones away, `nopaxos keygen`, `nopaxos keygen --client-of`) and copy\n" +
			"     them to the machines that had the old ones: they keep messages and clients of the old group from\n" +
			"     being taken for those of the new one;\n" +
			"  4. run `nopaxos bootstrap --discard-state` once for every replica of the group;\n" +
			"  5. start everything again.\n" +
			"--discard-state on some replicas only, or while others run, loses acknowledged writes silently.",
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			f, group, err := flags.load()
			if err != nil {
				return err
			}
			config, err := server.FromFile(f, group.Name, flags.index, nil) // reads the key, which has to be there
			if err != nil {
				return err
			}
			if discard {
				return server.Discard(config.Dir, config.Owner())
			}
			return server.Bootstrap(config.Dir, config.Owner())
		},
	}
	flags.register(cmd)
	cmd.Flags().BoolVar(&discard, "discard-state", false,
		"replace the record that there is: the end of the old group and all of its data, see above")
	return cmd
}
