// Package binary finds and builds the nopaxos binary, of which the laboratory's programs start their roles.
package binary

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/spf13/cobra"
)

// name is the file name of the binary.
const name = "nopaxos"

// Flag adds --nopaxos, the path of the binary.
func Flag(cmd *cobra.Command, path *string) {
	cmd.Flags().StringVar(path, "nopaxos", "", "the nopaxos `binary` to start roles from (default: the one beside this program)")
}

// Find returns the absolute path of the binary: path, or if that is empty, the one in the directory of the running
// program.
func Find(path string) (string, error) {
	if path == "" {
		self, err := os.Executable()
		if err != nil {
			return "", fmt.Errorf("the directory of this program: %w", err)
		}
		path = filepath.Join(filepath.Dir(self), name)
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("the nopaxos binary: %w; `make build` builds it, --nopaxos names it", err)
	}
	return path, nil
}

// Build builds a command, named by its package's path below the module, like cmd/nopaxos, from the source into dir,
// with the race detector if this program has it, and returns its path.
func Build(dir, command string) (string, error) {
	path := filepath.Join(dir, filepath.Base(command))
	args := []string{"build", "-o", path}
	if RaceEnabled {
		args = append(args, "-race")
	}
	out, err := exec.Command("go", append(args, "github.com/netordered/nopaxos/"+command)...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("building %s: %w\n%s", command, err, out)
	}
	return path, nil
}
