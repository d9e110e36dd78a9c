package bmv2

import (
	"errors"
	"fmt"
	"os/exec"
)

// program is BMv2's target with a P4Runtime server.
const program = "simple_switch_grpc"

// ErrNotInstalled reports a missing simple_switch_grpc. The error that wraps it names the package.
var ErrNotInstalled = errors.New("not installed")

// Find returns the path of simple_switch_grpc. The error wraps ErrNotInstalled.
func Find() (string, error) {
	path, err := exec.LookPath(program)
	if err != nil {
		return "", fmt.Errorf("bmv2: %s is %w: it is not on the PATH. "+
			"It comes with the package p4lang-bmv2 of the p4lang repository for Debian and Ubuntu, "+
			"or is built from https://github.com/p4lang/behavioral-model with PI (-DWITH_PI=ON)", program, ErrNotInstalled)
	}
	return path, nil
}
