package load

import (
	"fmt"
	"strconv"
	"strings"
)

// The load is that of YCSB's workload A: half reads, half updates, keys by a Zipf distribution
// (Cooper et al., "Benchmarking Cloud Serving Systems with YCSB", SoCC 2010).
const (
	bankKeys   = 512 // keys of a bank
	readShare  = 0.5
	valueBytes = 100 // one field of YCSB
)

// keyName is what the store calls a key.
func keyName(bank, key int) string { return fmt.Sprintf("load:%d:%d", bank, key) }

// digits is the length of a written value's number.
const digits = 20

var filler = strings.Repeat("x", valueBytes-digits)

// text is what is stored for v.
func (v value) text() string { return fmt.Sprintf("%0*d%s", digits, uint64(v), filler) }

// strangerError says that the store answered what nobody wrote.
type strangerError struct{ answer string }

func (e *strangerError) Error() string {
	return fmt.Sprintf("the store answered %q, which nobody wrote", e.answer)
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
