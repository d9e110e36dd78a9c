//go:build !linux

package isolated

import (
	"context"
	"errors"
	"os/exec"

	"github.com/netordered/nopaxos/internal/process"
)

var errSystem = errors.New("isolated measurement needs Linux")

// Cores returns an error.
func Cores() (server, generator int, err error) { return 0, 0, errSystem }

// StartOn returns an error.
func StartOn(*process.Thread, int, *exec.Cmd) error { return errSystem }

// Run returns an error.
func Run(context.Context, *Job) (Sample, error) { return Sample{}, errSystem }
