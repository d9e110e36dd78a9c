//go:build !linux

package bench

import "github.com/netordered/nopaxos/internal/netlab"

func newNamespaces() (place, error) { return nil, netlab.ErrNotSupported }
