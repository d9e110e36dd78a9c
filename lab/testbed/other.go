//go:build !linux

package testbed

import (
	"context"
	"fmt"
	"runtime"
)

// Run needs Linux: its network is made of network namespaces.
func Run(context.Context, RunConfig) (*Report, error) {
	return nil, fmt.Errorf("testbeds are %w: they need Linux, this is %s", ErrNotSupported, runtime.GOOS)
}
