package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/netordered/nopaxos/cluster"
	"github.com/netordered/nopaxos/controlplane"
	"github.com/netordered/nopaxos/controlplane/fabric"
	"github.com/netordered/nopaxos/controlplane/store"
	"github.com/netordered/nopaxos/controlplane/tofino"
	"github.com/netordered/nopaxos/internal/cli"
)

// switchFlags choose switches of the cluster file.
type switchFlags struct {
	cluster string
	only    []string
	kind    string
}

func (f *switchFlags) register(cmd *cobra.Command) {
	cli.ClusterFlag(cmd, &f.cluster)
	cmd.Flags().StringSliceVar(&f.only, "switch", nil, "`names` of the switches; default: all")
}

// load reads the cluster file and returns whether a switch is chosen.
func (f *switchFlags) load() (*cluster.File, func(s *cluster.Switch) bool, error) {
	file, err := cli.LoadCluster(f.cluster)
	if err != nil {
		return nil, nil, err
	}
	if file.Topology == nil {
		return nil, nil, cli.Usagef("%s has no topology, and so no switches", f.cluster)
	}
	for _, name := range f.only {
		if _, ok := file.Switch(name); !ok {
			return nil, nil, cli.Usagef("--switch is %q, expected the name of a switch in %s", name, f.cluster)
		}
	}
	chosen := func(s *cluster.Switch) bool {
		return (len(f.only) == 0 || slices.Contains(f.only, s.Name)) && (f.kind == "" || s.Kind == f.kind)
	}
	if !slices.ContainsFunc(file.Topology.Switches, func(s cluster.Switch) bool { return chosen(&s) }) {
		return nil, nil, cli.Usagef("%s has no such switch of kind %s", f.cluster, f.kind)
	}
	return file, chosen, nil
}

func pushCommand() *cobra.Command {
	var flags switchFlags
	cmd := &cobra.Command{
		Use:   "push --cluster FILE",
		Short: "Push the switches' programs, while no controller runs",
		Long: "push makes the switches of the cluster file's topology run their programs, as the controller does by itself\n" +
			"when it meets them. A switch that runs its program already is left alone.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return push(cmd, flags) },
	}
	flags.register(cmd)
	cmd.Flags().StringVar(&flags.kind, "kind", "", "push only to switches of this `kind`: bmv2 or tofino")
	return cmd
}

func push(cmd *cobra.Command, flags switchFlags) error {
	f, chosen, err := flags.load()
	if err != nil {
		return err
	}
	config, err := controllerConfig(f)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(config.StorePath), 0o700); err != nil {
		return err
	}
	var switches []fabric.Switch
	for i, s := range config.Topology.Switches {
		if chosen(&f.Topology.Switches[i]) {
			switches = append(switches, s)
		}
	}
	err = controlplane.Push(cmd.Context(), config.StorePath, switches, func(s fabric.Switch, pushed bool) {
		what := "runs its program already"
		if pushed {
			what = fmt.Sprintf("runs its program now, pushed in %d bytes", len(s.DeviceConfig))
		}
		fmt.Fprintf(cmd.OutOrStdout(), "%s: %s\n", s.Name, what)
	})
	if errors.Is(err, store.ErrLocked) {
		return fmt.Errorf("%w; a controller that runs pushes by itself", err)
	}
	return err
}

func packCommand() *cobra.Command {
	flags := switchFlags{kind: cluster.KindTofino}
	var p tofino.Program
	var binary, context, out string
	cmd := &cobra.Command{
		Use:   "pack --bin tofino.bin --context context.json {--out FILE | --cluster FILE}",
		Short: "Pack what a Tofino compiler wrote into the form that a switch is given",
		Long:  "pack writes one file, or with --cluster the programs of the cluster file's Tofino switches.",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if binary == "" || context == "" {
				return cli.Usagef("--bin and --context are not both set, expected what the compiler wrote into pipe/")
			}
			if (out == "") == (flags.cluster == "") {
				return cli.Usagef("expected one of --out and --cluster")
			}
			var err error
			if p.Binary, err = os.ReadFile(binary); err != nil {
				return err
			}
			if p.Context, err = os.ReadFile(context); err != nil {
				return err
			}
			return pack(cmd, p, flags, out)
		},
	}
	flags.register(cmd)
	cmd.Flags().StringVar(&p.Name, "name", "oum_tna", "the program's `name`")
	cmd.Flags().StringVar(&binary, "bin", "", "the `file` tofino.bin")
	cmd.Flags().StringVar(&context, "context", "", "the `file` context.json")
	cmd.Flags().StringVar(&out, "out", "", "the `file` to write")
	return cmd
}

func pack(cmd *cobra.Command, p tofino.Program, flags switchFlags, out string) error {
	packed, err := p.Pack()
	if err != nil {
		return err
	}
	paths := []string{out}
	if out == "" {
		f, chosen, err := flags.load()
		if err != nil {
			return err
		}
		paths = nil
		for i := range f.Topology.Switches {
			if s := &f.Topology.Switches[i]; chosen(s) && !slices.Contains(paths, f.Resolve(s.Program)) {
				paths = append(paths, f.Resolve(s.Program))
			}
		}
	}
	for _, path := range paths {
		if err := os.WriteFile(path, packed, 0o644); err != nil {
			return err
		}
		fmt.Fprintf(cmd.OutOrStdout(), "%s: %d bytes\n", path, len(packed))
	}
	return nil
}
