//go:build !linux

package bench

import "github.com/netordered/nopaxos/lab/netlab"

// switchPresent returns an error: there are no network namespaces.
func switchPresent() error { return netlab.ErrNotSupported }

func castBMv2(*cast) error { return netlab.ErrNotSupported }
