// Package zipf draws numbers from a Zipf distribution. That of math/rand/v2 does not take YCSB's exponent, which is
// below 1.
package zipf

import (
	"math"
	"math/rand/v2"
	"sort"
)

// exponent is that of YCSB (Cooper et al., "Benchmarking Cloud Serving Systems with YCSB", SoCC 2010).
const exponent = 0.99

// Table draws k with a probability in proportion to 1/(k+1)^Exponent. Its elements are the probabilities of a draw of
// at most k.
type Table []float64

// New returns the table of the numbers below n.
func New(n int) Table {
	table := make(Table, n)
	sum := 0.0
	for k := range table {
		sum += math.Pow(float64(k+1), -exponent)
		table[k] = sum
	}
	for k := range table {
		table[k] /= sum
	}
	return table
}

// Draw returns a number; 0 is the most frequent.
func (t Table) Draw(r *rand.Rand) int {
	return min(sort.SearchFloat64s(t, r.Float64()), len(t)-1)
}
