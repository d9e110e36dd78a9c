package redis

import (
	"cmp"
	"fmt"
	"math"
)

// ParseInt parses a decimal integer as strictly as Redis does: a minus is the only sign, and neither
// leading zeros nor spaces are allowed.
func ParseInt(b []byte) (int64, bool) {
	if len(b) == 0 || len(b) > 20 {
		return 0, false
	}
	digits, negative := b, b[0] == '-'
	if negative {
		digits = b[1:]
	}
	if len(digits) == 0 || digits[0] == '0' && len(b) > 1 {
		return 0, false
	}
	var v uint64
	for _, d := range digits {
		if d < '0' || d > '9' {
			return 0, false
		}
		if v > (math.MaxUint64-uint64(d-'0'))/10 {
			return 0, false
		}
		v = v*10 + uint64(d-'0')
	}
	switch {
	case negative && v <= 1<<63:
		return -int64(v), true
	case !negative && v <= math.MaxInt64:
		return int64(v), true
	}
	return 0, false
}

// ParseDB parses the index of one of n databases, which are at most 256. msg is the error reply, or empty;
// notInt is the one for text that is not an integer, where it differs from ErrNotInt.
func ParseDB(text []byte, n int64, notInt string) (db uint8, msg string) {
	switch v, ok := ParseInt(text); {
	case !ok:
		return 0, cmp.Or(notInt, ErrNotInt)
	case v != int64(int32(v)):
		return 0, cmp.Or(notInt, fmt.Sprintf("ERR value is out of range, value must between %d and %d", math.MinInt32, math.MaxInt32))
	case v < 0 || v >= n:
		return 0, ErrDBIndex
	default:
		return uint8(v), ""
	}
}
