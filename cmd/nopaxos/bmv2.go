package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/netordered/nopaxos/bmv2"
	"github.com/netordered/nopaxos/cluster"
	"github.com/netordered/nopaxos/internal/cli"
)

// bmv2Flags are those of nopaxos bmv2.
type bmv2Flags struct {
	cluster    string
	switchName string
	ports      []string
	wait       time.Duration
	config     bmv2.Config
}

func bmv2Command() *cobra.Command {
	var flags bmv2Flags
	cmd := &cobra.Command{
		Use:   "bmv2 [--cluster FILE --switch NAME] --port NUMBER@INTERFACE ...",
		Short: "Run a BMv2 switch, which the controller programs through P4Runtime",
		Long: "Start simple_switch_grpc without a program, with these interfaces as its ports, say so once its P4Runtime\n" +
			"server answers, and stop it at the end. It needs root, or the right to open packet sockets.",
		Example: "  nopaxos bmv2 --cluster cluster.yaml --switch s1 --port 1@s1-eth1 --port 2@s1-eth2\n" +
			"  nopaxos bmv2 --device-id 1 --p4runtime 127.0.0.1:9559 --port 1@veth1",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			flags.config.Output = cmd.ErrOrStderr()
			if err := flags.complete(cmd.Flags().Changed); err != nil {
				return err
			}
			return runBMv2(cmd.Context(), flags, func(format string, args ...any) {
				fmt.Fprintf(cmd.OutOrStdout(), format, args...)
			})
		},
	}
	f, c := cmd.Flags(), &flags.config
	cli.ClusterFlag(cmd, &flags.cluster)
	f.StringVar(&flags.switchName, "switch", "", "the `name` of the switch in the cluster file: its device id and P4Runtime address")
	f.Uint64Var(&c.DeviceID, "device-id", 1, "P4Runtime device `id`, without a cluster file")
	f.StringVar(&c.P4Runtime, "p4runtime", "127.0.0.1:9559", "`address` of the P4Runtime server, host:port or unix:PATH, without a cluster file")
	f.StringArrayVar(&flags.ports, "port", nil, "an interface, as `NUMBER@INTERFACE`; once per port")
	f.StringVar(&c.Binary, "binary", "", "`path` of simple_switch_grpc (default: on the PATH)")
	f.StringVar(&c.LogFile, "log-file", "", "the switch's own log `file` (default: none)")
	f.StringVar(&c.LogLevel, "log-level", "info", "how much it logs: trace, debug, info, warn, error or off")
	f.IntVar(&c.MulticastGroups, "multicast-groups", 0, "most multicast groups that it holds (0: its own default)")
	f.IntVar(&c.MulticastCopies, "multicast-copies", 0, "most copies in all multicast groups (0: its own default)")
	f.DurationVar(&flags.wait, "wait", 30*time.Second, "longest time until its P4Runtime server answers")
	return cmd
}

// complete reads what the flags refer to.
func (f *bmv2Flags) complete(given func(flag string) bool) error {
	for _, text := range f.ports {
		p, err := bmv2.ParsePort(text)
		if err != nil {
			return cli.Usagef("--port %w", err)
		}
		f.config.Ports = append(f.config.Ports, p)
	}
	if len(f.config.Ports) == 0 {
		return cli.Usagef("--port is not set, expected one for each interface of the switch")
	}
	if f.cluster == "" && f.switchName == "" {
		return nil
	}
	if given("device-id") || given("p4runtime") {
		return cli.Usagef("--device-id and --p4runtime are what the cluster file says of --switch, expected one or the other")
	}
	return f.find()
}

// find takes device id and address from the cluster file.
func (f *bmv2Flags) find() error {
	file, err := cli.LoadCluster(f.cluster)
	if err != nil {
		return err
	}
	s, ok := file.Switch(f.switchName)
	switch {
	case !ok:
		return cli.Usagef("--switch is %q, expected the name of a switch in the topology of %s", f.switchName, f.cluster)
	case s.Kind != cluster.KindBMv2:
		return cli.Usagef("--switch is %q, whose kind is %s in %s, expected one of kind %s", f.switchName, s.Kind, f.cluster, cluster.KindBMv2)
	}
	f.config.DeviceID, f.config.P4Runtime = s.DeviceID, s.P4Runtime.String()
	return nil
}

// runBMv2 runs the switch until ctx is done or it ends.
func runBMv2(ctx context.Context, flags bmv2Flags, say func(format string, args ...any)) error {
	starting, cancel := context.WithTimeout(ctx, flags.wait)
	defer cancel()
	s, err := bmv2.Start(starting, flags.config)
	if errors.Is(err, bmv2.ErrNotInstalled) || errors.Is(err, bmv2.ErrNoInterface) || errors.Is(err, bmv2.ErrConfig) {
		return cli.UsageError{Err: err}
	}
	if err != nil {
		if ctx.Err() != nil {
			return nil // the end that was asked for
		}
		return err
	}
	defer s.Stop()
	say("bmv2: device %d serves P4Runtime at %s, %d ports, process %d\n",
		flags.config.DeviceID, flags.config.P4Runtime, len(flags.config.Ports), s.PID())
	select {
	case <-ctx.Done():
		return nil
	case <-s.Ended():
		return s.Err()
	}
}
