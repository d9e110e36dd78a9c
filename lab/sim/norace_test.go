//go:build !race

package sim

// defaultSeeds are the seeds per profile that TestSeeds runs.
const defaultSeeds = 40
