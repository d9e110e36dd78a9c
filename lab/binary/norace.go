//go:build !race

package binary

// RaceEnabled reports whether the race detector is on, which slows programs down many times.
const RaceEnabled = false
