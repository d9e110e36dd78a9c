//go:build race

package cluster

import "time"

// LocalTiming is the protocol's intervals of a cluster that a program makes for itself on one machine. The
// race detector makes everything many times slower: with the usual intervals a replica that answers one that
// catches up is taken for dead, and its successor too.
var LocalTiming = Timing{
	SuspectLeader:    400 * time.Millisecond,
	SuspectSequencer: 300 * time.Millisecond,
	ViewChange:       400 * time.Millisecond,
}
