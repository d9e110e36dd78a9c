//go:build !race

package sim

// defaultSeeds is the number of seeds per profile in TestSeeds.
const defaultSeeds = 40
