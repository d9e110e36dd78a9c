package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/netordered/nopaxos/cluster"
)

// Exit statuses.
const (
	ExitOK      = 0
	ExitFailure = 1 // the command failed: a port in use, a role that died, a check that did not hold
	ExitUsage   = 2 // a wrong flag, argument or cluster file
	// Commands that return an ExitStatus document others, from 3 on.
)

// Version is the version of the binary; the linker sets it.
var Version = "devel"

// ErrReported is the error of a command that has already printed why it failed.
var ErrReported = errors.New("already reported")

// ExitStatus is the error of a command that has printed its result, which it sums up in this exit status.
type ExitStatus int

func (e ExitStatus) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

// UsageError is an error in a command line. Run returns ExitUsage for it.
type UsageError struct{ Err error }

func (e UsageError) Error() string { return e.Err.Error() }
func (e UsageError) Unwrap() error { return e.Err }

// Usagef formats a UsageError.
func Usagef(format string, args ...any) error { return UsageError{Err: fmt.Errorf(format, args...)} }

// Main runs the program whose command is root, with the process's arguments and standard streams, until it ends or
// SIGINT or SIGTERM cancels it, and exits with its status.
func Main(root *cobra.Command) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := Run(ctx, root, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// Run runs the command line args of root and returns the exit status. An error is one line on errOut.
func Run(ctx context.Context, root *cobra.Command, args []string, in io.Reader, out, errOut io.Writer) int {
	began := false
	root.PersistentPreRun = func(*cobra.Command, []string) { began = true }
	root.SilenceErrors, root.SilenceUsage = true, true
	root.Version = Version
	root.SetVersionTemplate("{{.Name}} {{.Version}}\n")
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return UsageError{Err: err} })
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(errOut)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return ExitOK
	}
	if status := ExitStatus(0); errors.As(err, &status) {
		return int(status)
	}
	if !errors.Is(err, ErrReported) {
		fmt.Fprintf(errOut, "%s: %s\n", root.Name(), strings.ReplaceAll(err.Error(), "\n", "; "))
	}
	var file *cluster.Error
	var usage UsageError
	if !began || errors.As(err, &file) || errors.As(err, &usage) {
		return ExitUsage
	}
	return ExitFailure
}

// VersionCommand returns the command that prints the versions of the program and of Go.
func VersionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		Run: func(cmd *cobra.Command, _ []string) {
			fmt.Fprintf(cmd.OutOrStdout(), "%s %s %s %s/%s\n", cmd.Root().Name(), Version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
		},
	}
}

// Print writes a command's result, as indented JSON or by writeText, and returns ErrReported if it is not ok.
func Print(out io.Writer, asJSON, ok bool, result any, writeText func(io.Writer) error) error {
	var err error
	if asJSON {
		enc := json.NewEncoder(out)
		enc.SetIndent("", "  ")
		err = enc.Encode(result)
	} else {
		err = writeText(out)
	}
	if err == nil && !ok {
		err = ErrReported
	}
	return err
}
