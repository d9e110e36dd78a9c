//go:build !race

package devcluster

import "github.com/netordered/nopaxos/cluster/limits"

// LocalTiming has the intervals of a cluster on one machine: the defaults. A program that is built with the race detector has
// longer ones.
var LocalTiming limits.Timing
