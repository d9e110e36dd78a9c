package load

import (
	"fmt"
	"strconv"
	"strings"
)

// The load is YCSB's workload A: half reads, half updates, keys from a Zipf distribution
// (Cooper et al., "Benchmarking Cloud Serving Systems with YCSB", SoCC 2010).
const (
	bankKeys   = 512 // keys of a bank
	readShare  = 0.5
	valueBytes = 100 // one field of YCSB
)

// keyName returns the name of a key in the store.
func keyName(bank, key int) string { return fmt.Sprintf("load:%d:%d", bank, key) }

// digits is the length of the number in a stored value.
const digits = 20

var filler = strings.Repeat("x", valueBytes-digits)

// text returns the stored form of v.
func (v value) text() string { return fmt.Sprintf("%0*d%s", digits, uint64(v), filler) }

// strangerError reports a value that was never written.
type strangerError struct{ answer string }

func (e *strangerError) Error() string {
	return fmt.Sprintf("the store returned %q, which was never written", e.answer)
}

// parseValue is the inverse of text. The error is a *strangerError.
func parseValue(s string) (value, error) {
	if len(s) != valueBytes || s[digits:] != filler {
		return 0, &strangerError{s}
	}
	n, err := strconv.ParseUint(s[:digits], 10, 64)
	if err != nil || n == 0 {
		return 0, &strangerError{s}
	}
	return value(n), nil
}
