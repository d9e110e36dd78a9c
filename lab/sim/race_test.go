//go:build race

package sim

// defaultSeeds is the number of seeds per profile in TestSeeds: few under the race detector, since a run is one
// goroutine.
const defaultSeeds = 4
