package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/netordered/nopaxos/internal/cli"
	"github.com/netordered/nopaxos/lab/bench"
	"github.com/netordered/nopaxos/lab/bench/isolated"
	"github.com/netordered/nopaxos/lab/bench/peers"
	benchrole "github.com/netordered/nopaxos/lab/bench/role"
	"github.com/netordered/nopaxos/lab/binary"
)

// benchFlags are the flags of nopaxos-lab bench.
type benchFlags struct {
	scale   string
	place   string
	out     string
	figures []string
	systems []string
	json    bool
	profile bool
	nopaxos string
}

func benchCommand() *cobra.Command {
	var f benchFlags
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Run the paper's evaluation and write a report",
		Long: "Run the evaluation of the NOPaxos paper: NOPaxos and the systems that it is compared with, each role\n" +
			"a process, in network namespaces if this user may create them, otherwise on the loopback interface.\n" +
			"Figures, data and a table go to the directory of --out. docs/performance.md explains them.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runBench(cmd, f) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.scale, "scale", "quick", "extent of the measurements: "+strings.Join(scaleNames(), ", "))
	flags.StringVar(&f.place, "place", bench.PlaceAuto, fmt.Sprintf("network of the roles: %s, %s or %s", bench.PlaceAuto, bench.PlaceLoopback, bench.PlaceNamespaces))
	flags.StringVar(&f.out, "out", "bench-results", "`directory` of the report")
	flags.StringSliceVar(&f.figures, "figures", nil, "measure only for these: "+strings.Join(bench.FigureNames(), ", "))
	flags.StringSliceVar(&f.systems, "systems", nil, "measure only these: "+strings.Join(systemNames(), ", "))
	flags.BoolVar(&f.profile, "profile", false, "also take a CPU profile of each system's busiest replica")
	flags.BoolVar(&f.json, "json", false, "print the report as JSON instead of the table")
	binary.Flag(cmd, &f.nopaxos)
	cmd.AddCommand(benchRoleCommand(), benchGenerateCommand())
	return cmd
}

func scaleNames() []string {
	var names []string
	for _, s := range bench.Scales {
		names = append(names, s.Name)
	}
	return names
}

func systemNames() []string {
	var names []string
	for i := range bench.Systems {
		names = append(names, bench.Systems[i].Name)
	}
	return names
}

// config converts the flags to a configuration.
func (f *benchFlags) config() (bench.Config, error) {
	i := slices.Index(scaleNames(), f.scale)
	if i < 0 {
		return bench.Config{}, cli.Usagef("--scale is %q, expected one of %q", f.scale, scaleNames())
	}
	for _, list := range []struct {
		flag       string
		got, known []string
	}{{"--figures", f.figures, bench.FigureNames()}, {"--systems", f.systems, systemNames()}} {
		for _, name := range list.got {
			if !slices.Contains(list.known, name) {
				return bench.Config{}, cli.Usagef("%s has %q, expected some of %q", list.flag, name, list.known)
			}
		}
	}
	if !slices.Contains([]string{bench.PlaceAuto, bench.PlaceLoopback, bench.PlaceNamespaces}, f.place) {
		return bench.Config{}, cli.Usagef("--place is %q, expected %s, %s or %s", f.place, bench.PlaceAuto, bench.PlaceLoopback, bench.PlaceNamespaces)
	}
	return bench.Config{Scale: bench.Scales[i], Place: f.place, Figures: f.figures, Systems: f.systems, Version: cli.Version, Profile: f.profile}, nil
}

func runBench(cmd *cobra.Command, f benchFlags) error {
	cfg, err := f.config()
	if err != nil {
		return err
	}
	if cfg.Nopaxos, cfg.Lab, err = binaries(f.nopaxos); err != nil {
		return err
	}
	if cfg.Dir, err = os.MkdirTemp("", "nopaxos-bench-*"); err != nil {
		return fmt.Errorf("directory of the roles: %w", err)
	}
	cfg.Shown = cmd.ErrOrStderr()
	report, err := bench.Run(cmd.Context(), cfg)
	if err != nil {
		return err // the directory stays, for the logs in it
	}
	if err := report.Write(f.out); err != nil {
		return err
	}
	if err := f.print(cmd.OutOrStdout(), report); err != nil {
		return err
	}
	if n := len(report.Flaws); n > 0 {
		return fmt.Errorf("%d measurements failed, see the report; logs are in %s", n, cfg.Dir)
	}
	return os.RemoveAll(cfg.Dir)
}

// print prints the report.
func (f *benchFlags) print(out io.Writer, report *bench.Report) error {
	if f.json {
		return report.WriteJSON(out)
	}
	if err := report.WriteTable(out); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "\nthe report is in %s\n", filepath.Clean(f.out))
	return err
}

// benchRoleCommand returns the command that the processes of a benchmark run.
func benchRoleCommand() *cobra.Command {
	return &cobra.Command{
		Use:    "role",
		Short:  "Be a role of a benchmark, as read from standard input",
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return benchrole.Serve(cmd.Context(), cmd.InOrStdin(), cmd.OutOrStdout(), peers.Build)
		},
	}
}

// benchGenerateCommand returns the command of the generator of an isolated measurement.
func benchGenerateCommand() *cobra.Command {
	return &cobra.Command{
		Use:    "generate",
		Short:  "Measure a server alone on a core, as read from standard input",
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return isolated.Serve(cmd.Context(), cmd.InOrStdin(), cmd.OutOrStdout())
		},
	}
}
