package vr

import (
	"math/bits"

	"github.com/netordered/nopaxos/replica/wire"
)

// Superquorum returns the size of a fast quorum of n replicas (Lamport, "Fast Paxos", 2006): any two of them and a
// majority have a replica in common.
func Superquorum(n int) int {
	f := n / 2
	return f + (f+1)/2 + 1
}

// Set is a set of replicas.
type Set [(wire.MaxGroup + 63) / 64]uint64

// Add puts replica i into the set.
func (s *Set) Add(i int) { s[i/64] |= 1 << (i % 64) }

// Remove takes replica i out of the set.
func (s *Set) Remove(i int) { s[i/64] &^= 1 << (i % 64) }

// Has reports whether replica i is in the set.
func (s *Set) Has(i int) bool { return s[i/64]>>(i%64)&1 != 0 }

// Len returns the number of replicas in the set.
func (s *Set) Len() int {
	n := 0
	for _, w := range s {
		n += bits.OnesCount64(w)
	}
	return n
}
