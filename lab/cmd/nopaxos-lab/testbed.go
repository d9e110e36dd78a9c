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

// testbedFlags are the flags of nopaxos-lab testbed.
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
		Short: "Run a cluster in a separate network, with switches between the hosts",
		Long: "Build a network of namespaces on this machine, one switch or a fat-tree, with a host for every role, run\n" +
			"a cluster in it, load it, and check that the clients' history is linearizable and that no acknowledged\n" +
			"write is lost. The switches are BMv2 processes, which sequence and which the controller programs through\n" +
			"P4Runtime, or Linux routers between hosts, one of which sequences. Needs Linux and root.",
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
	f.StringVar(&c.Topology, "topology", testbed.Single, "topology: single or fat-tree")
	f.StringVar(&c.Switch, "switch", cluster.KindUDP, "switches: udp (Linux routers, with end-host sequencers) or bmv2")
	f.IntVar(&c.K, "k", 2, "pods of the fat-tree, and ports of each switch: 2 or 4")
	f.IntVar(&c.Replicas, "replicas", 3, "number of replicas, 2f+1")
	f.IntVar(&c.Sequencers, "sequencers", 2, "number of end-host sequencers, with --switch udp")
	f.IntVar(&c.FrontEnds, "front-ends", 1, "number of front-ends, which speak the Redis protocol")
	f.StringVar(&c.Dir, "dir", "", "`directory` for cluster file and logs (default: a fresh one, removed if everything held)")
	f.DurationVar(&c.Duration, "duration", 15*time.Second, "duration of the load")
	f.Uint64Var(&c.Seed, "seed", 0, "seed of the load's keys and operations (default: a random one)")
	f.IntVar(&c.Workers, "workers", 4, "operations outstanding at a time on the library's path and each front-end's")
	f.StringVar(&c.Fail, "fail", "", "failure after a third of the time: sequencer (killed) or link (a cable of the sequencing switch is cut) (default: none)")
	f.DurationVar(&c.Probe, "probe", 100*time.Millisecond, "interval between probes of each link between BMv2 switches; 0: no probes")
	f.StringVar(&flags.plan, "write-plan", "", "only write the testbed's cluster file, keys and plan into this `directory`")
	binary.Flag(cmd, &flags.nopaxos)
	f.BoolVar(&flags.asJSON, "json", false, "print the report as JSON, and progress to standard error")
	return cmd
}

// complete draws a missing seed and checks the flags.
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

// writePlan writes the plan of a testbed for another tool to build.
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
