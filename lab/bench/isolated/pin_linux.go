package isolated

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/netordered/nopaxos/internal/process"
)

// Cores chooses two of the cores that this process may use, for the server and for the generator: the last one, and the
// first that does not share its execution units.
func Cores() (server, generator int, err error) {
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		return 0, 0, fmt.Errorf("cores of this process: %w", err)
	}
	var cores []int
	for i := range 8 * len(set) * 8 {
		if set.IsSet(i) {
			cores = append(cores, i)
		}
	}
	if len(cores) < 2 {
		return 0, 0, fmt.Errorf("%d core, expected one for the server and another for the generator", len(cores))
	}
	server = cores[len(cores)-1]
	for _, c := range cores[:len(cores)-1] {
		if siblings(c) != siblings(server) {
			return server, c, nil
		}
	}
	return 0, 0, errors.New("all cores are threads of one, expected one for the server and another for the generator")
}

// siblings names the threads of a core's execution units. It is the core's own name if the system does not say.
func siblings(core int) string {
	text, err := os.ReadFile(fmt.Sprintf("/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list", core))
	if err != nil {
		return fmt.Sprint(core)
	}
	return strings.TrimSpace(string(text))
}

// StartOn starts a process on a core, which its threads cannot leave. It dies with the thread.
func StartOn(thread *process.Thread, core int, cmd *exec.Cmd) error {
	return thread.Do(func() error {
		var before, only unix.CPUSet
		if err := unix.SchedGetaffinity(0, &before); err != nil {
			return fmt.Errorf("cores of this thread: %w", err)
		}
		only.Set(core)
		if err := unix.SchedSetaffinity(0, &only); err != nil {
			return fmt.Errorf("core %d: %w", core, err)
		}
		return errors.Join(cmd.Start(), unix.SchedSetaffinity(0, &before))
	})
}
