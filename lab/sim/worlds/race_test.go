//go:build race

package worlds

// raced: the race detector makes everything an order of magnitude slower.
const raced = true
