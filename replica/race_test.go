//go:build race

package replica

// raceEnabled reports whether the race detector, which slows tests down many times, is on.
const raceEnabled = true
