//go:build race

package binary

// RaceEnabled says that the race detector is on, which makes everything many times slower.
const RaceEnabled = true
