//go:build !race

package cluster

// LocalTiming is the protocol's intervals of a cluster that a program makes for itself on one machine: the
// defaults. A program that is built with the race detector has longer ones.
var LocalTiming Timing
