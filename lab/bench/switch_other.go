//go:build !linux

package bench

import "github.com/netordered/nopaxos/lab/netlab"

// switchPresent says that there are no namespaces.
func switchPresent() error { return netlab.ErrNotSupported }

func castBMv2(*cast) error { return netlab.ErrNotSupported }
