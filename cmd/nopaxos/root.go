package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/netordered/nopaxos/cluster"
)

// Exit statuses.
const (
	exitOK      = 0
	exitFailure = 1 // it did not work: a port in use, a role that died, a promise that did not hold
	exitUsage   = 2 // it was asked for wrongly: a flag, a cluster file
)

// errReported ends the program with exitFailure without another word.
var errReported = errors.New("already reported")

// usageError says that the command line is wrong.
type usageError struct{ error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// run is the program, with what it touches as arguments.
func run(ctx context.Context, args []string, in io.Reader, out, errOut io.Writer) int {
	began := false
	root := &cobra.Command{
		Use:   "nopaxos",
		Short: "State machine replication ordered by the network",
		Long: "nopaxos replicates a service over NOPaxos: a sequencer on the network's path orders requests,\n" +
			"replicas only repair losses. `nopaxos demo` shows it, `nopaxos dev` gives you one to play with.",
		Version:          version,
		SilenceErrors:    true,
		SilenceUsage:     true,
		PersistentPreRun: func(*cobra.Command, []string) { began = true },
	}
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(errOut)
	root.SetVersionTemplate("nopaxos {{.Version}}\n")
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.AddCommand(
		demoCommand(), devCommand(),
		controllerCommand(), sequencerCommand(), bmv2Command(), replicaCommand(), kvCommand(),
		clientCommand(), loadCommand(), statusCommand(), testbedCommand(), simCommand(), exploreCommand(), benchCommand(), keygenCommand(), bootstrapCommand(), versionCommand(),
	)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	if !errors.Is(err, errReported) {
		fmt.Fprintln(errOut, "nopaxos: "+strings.ReplaceAll(err.Error(), "\n", "; "))
	}
	var file *cluster.Error
	var usage usageError
	if !began || errors.As(err, &file) || errors.As(err, &usage) {
		return exitUsage
	}
	return exitFailure
}
