//go:build !race

package baseline

// raceEnabled reports whether the race detector is on, which slows everything down many times.
const raceEnabled = false
