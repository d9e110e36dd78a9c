package main

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"github.com/spf13/cobra"

	"github.com/netordered/nopaxos/bmv2"
	"github.com/netordered/nopaxos/cluster"
	"github.com/netordered/nopaxos/internal/cli"
	"github.com/netordered/nopaxos/lab/binary"
	"github.com/netordered/nopaxos/lab/testbed"
)

// testbedFlags are those of nopaxos-lab testbed.
type testbedFlags struct {
	config  testbed.RunConfig
	plan    string
	asJSON  bool
	nopaxos string
}

func testbedCommand() *cobra.Command {
	var flags testbedFlags
	cmd := &cobra.Command{
		Use:   "testbed",
		Short: "Run a cluster in a network of its own, with switches between the hosts",
		Long: "Build a network of namespaces on this machine, one switch or a fat-tree, with a host for every role, run\n" +
			"a cluster in it, load it, and check that the clients' history is linearizable and that no acknowledged\n" +
			"write is lost. The switches are BMv2 processes that sequence and that the controller programs through\n" +
			"P4Runtime, or Linux routers between hosts, one of which sequences. It needs Linux and root.",
		Example: "  nopaxos-lab testbed --topology fat-tree --switch bmv2 --fail sequencer",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := flags.complete(cmd.Flags().Changed); err != nil {
				return err
			}
			if flags.plan != "" {
				return writePlan(flags.config.Config, flags.plan, cmd.OutOrStdout())
			}
			return runTestbed(cmd, flags)
		},
	}
	f, c := cmd.Flags(), &flags.config
	f.StringVar(&c.Topology, "topology", testbed.Single, "how the switches are connected: single or fat-tree")
	f.StringVar(&c.Switch, "switch", cluster.KindUDP, "what the switches are: udp (Linux routers, and end-host sequencers) or bmv2")
	f.IntVar(&c.K, "k", 2, "pods of the fat-tree, and ports of its switches: 2 or 4")
	f.IntVar(&c.Replicas, "replicas", 3, "replicas, 2f+1 of them")
	f.IntVar(&c.Sequencers, "sequencers", 2, "end-host sequencers, with --switch udp")
	f.IntVar(&c.FrontEnds, "front-ends", 1, "front-ends that speak the Redis protocol")
	f.StringVar(&c.Dir, "dir", "", "`directory` for cluster file and logs (default: a fresh one, removed if everything held)")
	f.DurationVar(&c.Duration, "duration", 15*time.Second, "how long the load lasts")
	f.Uint64Var(&c.Seed, "seed", 0, "seed of the load's keys and operations (default: a random one)")
	f.IntVar(&c.Workers, "workers", 4, "operations outstanding at a time on the library's path and each front-end's")
	f.StringVar(&c.Fail, "fail", "", "what fails after a third of the time: sequencer (it is killed) or link (a cable of its switch is cut) (default: nothing)")
	f.DurationVar(&c.Probe, "probe", 100*time.Millisecond, "between two probes of each link between BMv2 switches; 0: none")
	f.StringVar(&flags.plan, "write-plan", "", "instead of running it, write the testbed's cluster file, keys and plan into this `directory`")
	binary.Flag(cmd, &flags.nopaxos)
	f.BoolVar(&flags.asJSON, "json", false, "print the report as JSON, and progress to standard error")
	return cmd
}

// complete checks what the flag package could not.
func (f *testbedFlags) complete(given func(flag string) bool) error {
	if !given("seed") {
		f.config.Seed = rand.Uint64()
	}
	if err := f.config.Check(); err != nil {
		return cli.Usagef("--%w", err)
	}
	if f.plan != "" && f.config.Switch == cluster.KindUDP {
		return cli.Usagef("--write-plan is for --switch bmv2, not udp: Linux routers are not in a cluster file")
	}
	return nil
}

func runTestbed(cmd *cobra.Command, flags testbedFlags) error {
	out := cmd.OutOrStdout()
	var err error
	if flags.config.Nopaxos, flags.config.Lab, err = binaries(flags.nopaxos); err != nil {
		return err
	}
	flags.config.Progress = out
	if flags.asJSON {
		flags.config.Progress = cmd.ErrOrStderr()
	}
	if flags.config.Switch == cluster.KindBMv2 {
		if _, err := bmv2.Find(); err != nil {
			return cli.UsageError{Err: err}
		}
	}
	report, err := testbed.Run(cmd.Context(), flags.config)
	if errors.Is(err, testbed.ErrNotSupported) {
		return cli.UsageError{Err: err}
	}
	if err != nil {
		return err
	}
	return cli.Print(out, flags.asJSON, report.OK, report, report.WriteText)
}

// writePlan writes what another tool needs to build the testbed.
func writePlan(c testbed.Config, dir string, out io.Writer) error {
	p, err := testbed.NewPlan(c)
	if err != nil {
		return err
	}
	path, err := p.Write(dir)
	if err == nil {
		fmt.Fprintln(out, path)
	}
	return err
}
