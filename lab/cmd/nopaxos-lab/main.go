// Command nopaxos-lab is the laboratory: the demonstration, the paper's evaluation, the simulator and its explorer, the
// load generator, and the testbed.
package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/netordered/nopaxos/internal/cli"
	"github.com/netordered/nopaxos/lab/binary"
	"github.com/netordered/nopaxos/lab/demo"
)

// binaries returns the paths of the nopaxos binary, which --nopaxos may name, and of this program.
func binaries(flag string) (nopaxos, lab string, err error) {
	if nopaxos, err = binary.Find(flag); err != nil {
		return "", "", err
	}
	if lab, err = os.Executable(); err != nil {
		return "", "", fmt.Errorf("the path of this program: %w", err)
	}
	return nopaxos, lab, nil
}

func main() { cli.Main(rootCommand()) }

func rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "nopaxos-lab",
		Short: "Simulate, measure and break NOPaxos",
		Long: "nopaxos-lab simulates, measures and breaks clusters of NOPaxos. What runs as real processes it starts from\n" +
			"the nopaxos binary beside it.",
	}
	root.AddCommand(demo.Command(), loadCommand(), testbedCommand(), benchCommand(), simCommand(), exploreCommand(), cli.VersionCommand())
	return root
}
