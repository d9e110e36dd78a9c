//go:build race

package sim

// defaultSeeds are the seeds per profile that TestSeeds runs: few under the race detector, which finds nothing in
// a run that is one goroutine.
const defaultSeeds = 4
