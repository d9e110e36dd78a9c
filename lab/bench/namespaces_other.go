//go:build !linux

package bench

import "github.com/netordered/nopaxos/lab/netlab"

func newNamespaces() (place, error) { return nil, netlab.ErrNotSupported }
