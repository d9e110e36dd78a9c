package main

import (
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/netordered/nopaxos/internal/cli"
	"github.com/netordered/nopaxos/lab/progress"
	"github.com/netordered/nopaxos/lab/sim/model"
)

// predict is `nopaxos-lab sim --model`.
func (f *simFlags) predict(cmd *cobra.Command) error {
	var other string
	cmd.Flags().Visit(func(g *pflag.Flag) {
		switch g.Name {
		case "model", "seed", "json", "calibrate":
		default:
			other = g.Name
		}
	})
	if other != "" {
		return cli.Usagef("--model and --%s exclude each other", other)
	}
	calibration := model.Paper
	if f.calibrate != "" {
		file, err := os.Open(f.calibrate)
		if err != nil {
			return err
		}
		defer file.Close()
		if calibration, err = model.ReadCalibration(file, f.calibrate); err != nil {
			return err
		}
	}
	seed := f.seed
	if !cmd.Flags().Changed("seed") {
		seed = 1
	}
	line := progress.New(cmd.ErrOrStderr(), 10*time.Second)
	report, err := model.Run(cmd.Context(), model.Config{
		Calibration: calibration, Split: model.Even, Seed: seed, Scale: model.Full,
		Progress: func(done, total int) {
			line.Show(func() string { return fmt.Sprintf("%s measurements in virtual time", progress.Bar(done, total)) })
		},
	})
	line.End()
	if err != nil {
		return err
	}
	return cli.Print(cmd.OutOrStdout(), f.json, true, report, report.WriteText)
}
