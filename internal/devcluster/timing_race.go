//go:build race

package devcluster

import (
	"time"

	"github.com/netordered/nopaxos/cluster/limits"
)

// LocalTiming has the intervals of a cluster on one machine. The race detector slows everything down many times: with the
// default intervals the others suspect a replica that answers one that catches up, and its successor too.
var LocalTiming = limits.Timing{
	SuspectLeader:    400 * time.Millisecond,
	SuspectSequencer: 300 * time.Millisecond,
	ViewChange:       400 * time.Millisecond,
}
