//go:build race

package worlds

// raced reports whether the race detector, which slows tests down by an order of magnitude, is on.
const raced = true
