package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/netordered/nopaxos/cluster"
	"github.com/netordered/nopaxos/internal/cli"
)

// roleFlags are what every role's subcommand has.
type roleFlags struct {
	cluster        string
	index          int
	faultInjection bool
}

func (f *roleFlags) register(cmd *cobra.Command, role string) {
	cli.ClusterFlag(cmd, &f.cluster)
	cmd.Flags().IntVar(&f.index, "index", 0, "which `"+role+"` of the cluster file this is, from 0")
}

// registerFaults is for the roles that receive datagrams.
func (f *roleFlags) registerFaults(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&f.faultInjection, "fault-injection", false,
		"let POST /faults?drop=RATE make this role lose datagrams; for tests")
}

// load reads the cluster file and checks that it has a role of that number.
func (f *roleFlags) load(list string, have func(*cluster.File) (int, error)) (*cluster.File, error) {
	file, err := cli.LoadCluster(f.cluster)
	if err != nil {
		return nil, err
	}
	n, err := have(file)
	if err != nil {
		return nil, err
	}
	if f.index < 0 || f.index >= n {
		return nil, cli.Usagef("--index is %d, expected 0 to %d: %s has %d in %s", f.index, n-1, f.cluster, n, list)
	}
	return file, nil
}

// role is what is common to the processes of a cluster.
type role struct {
	name string
	log  *slog.Logger
}

func newRole(kind string, index int) role {
	name := fmt.Sprintf("%s-%d", kind, index)
	return role{name: name, log: slog.New(slog.NewTextHandler(os.Stderr, nil)).With("role", name)}
}

// fail names the role in an error.
func (r role) fail(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", r.name, err)
}

// run runs the parts of a role side by side until ctx is done or the first of them fails.
func (r role) run(ctx context.Context, parts ...func(context.Context) error) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, part := range parts {
		group.Go(func() error { return part(ctx) })
	}
	err := group.Wait()
	if errors.Is(err, context.Canceled) {
		err = nil // the end that was asked for
	}
	return r.fail(err)
}
