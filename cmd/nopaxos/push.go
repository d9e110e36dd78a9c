package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/netordered/nopaxos/controlplane"
	"github.com/netordered/nopaxos/controlplane/tofino"
)

func pushCommand() *cobra.Command {
	var file string
	var only []string
	cmd := &cobra.Command{
		Use:   "push --cluster FILE",
		Short: "Push the switches' programs, while no controller runs",
		Long: "push makes the switches of the cluster file's topology run their programs, as the controller does by itself\n" +
			"when it meets them. A switch that runs its program already is left alone.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return push(cmd, file, only) },
	}
	clusterFlag(cmd, &file)
	cmd.Flags().StringSliceVar(&only, "switch", nil, "`names` of the switches; default: all")
	return cmd
}

func push(cmd *cobra.Command, file string, only []string) error {
	f, err := loadCluster(file)
	if err != nil {
		return err
	}
	if f.Topology == nil {
		return usagef("%s has no topology, and so no switches to push a program to", file)
	}
	for _, name := range only {
		if _, ok := f.Switch(name); !ok {
			return usagef("--switch is %q, expected the name of a switch in %s", name, file)
		}
	}
	config, err := controllerConfig(f)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(config.StorePath), 0o700); err != nil {
		return err
	}
	switches := slices.DeleteFunc(config.Topology.Switches, func(s controlplane.Switch) bool {
		return len(only) > 0 && !slices.Contains(only, s.Name)
	})
	err = controlplane.Push(cmd.Context(), config.StorePath, switches, func(s controlplane.Switch, pushed bool) {
		what := "runs its program already"
		if pushed {
			what = fmt.Sprintf("runs its program, of %d bytes", len(s.DeviceConfig))
		}
		cmd.Printf("%s: %s\n", s.Name, what)
	})
	if errors.Is(err, controlplane.ErrStoreLocked) {
		return fmt.Errorf("%w; a controller that runs pushes by itself", err)
	}
	return err
}

func packCommand() *cobra.Command {
	var p tofino.Program
	var binary, context, out string
	cmd := &cobra.Command{
		Use:   "pack --name NAME --bin tofino.bin --context context.json --out FILE",
		Short: "Pack what a Tofino compiler wrote into the form that a switch is given",
		Args:  cobra.NoArgs,
		RunE: func(_ *cobra.Command, _ []string) error {
			var err error
			if p.Binary, err = os.ReadFile(binary); err != nil {
				return err
			}
			if p.Context, err = os.ReadFile(context); err != nil {
				return err
			}
			packed, err := p.Pack()
			if err != nil {
				return err
			}
			return os.WriteFile(out, packed, 0o644)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&p.Name, "name", "oum_tna", "the program's `name`")
	flags.StringVar(&binary, "bin", "", "the `file` tofino.bin")
	flags.StringVar(&context, "context", "", "the `file` context.json")
	flags.StringVar(&out, "out", "", "the `file` to write: a switch's program in the cluster file")
	for _, name := range []string{"bin", "context", "out"} {
		_ = cmd.MarkFlagRequired(name) // fails for a flag that is not there only
	}
	return cmd
}
