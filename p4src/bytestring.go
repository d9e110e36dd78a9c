package p4src

import (
	"encoding/binary"
	"fmt"
	"math/bits"
)

// ParseBits reads a P4Runtime byte string as an unsigned integer of width bits, at most 64. Leading
// zero bytes are accepted (P4Runtime 1.3 §8.4, "Bytestrings"). The error lacks a subject: "is empty,
// expected …".
func ParseBits(b []byte, width int32) (uint64, error) {
	if len(b) == 0 {
		return 0, fmt.Errorf("is an empty byte string, expected a value of %d bits", width)
	}
	trimmed := b
	for len(trimmed) > 0 && trimmed[0] == 0 {
		trimmed = trimmed[1:]
	}
	if len(trimmed) > 8 {
		return 0, fmt.Errorf("is %#x, expected a value of %d bits", b, width)
	}
	var v uint64
	for _, x := range trimmed {
		v = v<<8 | uint64(x)
	}
	if bits.Len64(v) > int(width) {
		return 0, fmt.Errorf("is %#x, expected a value of %d bits", b, width)
	}
	return v, nil
}

// FormatBits returns the canonical, shortest byte string of v, as P4Runtime writes numbers:
// big-endian without leading zero bytes, at least one byte (P4Runtime 1.3 §8.4).
func FormatBits(v uint64) []byte {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], v)
	skip := min(bits.LeadingZeros64(v)/8, 7)
	return append([]byte(nil), b[skip:]...)
}
