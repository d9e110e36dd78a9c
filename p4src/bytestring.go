package p4src

import (
	"encoding/binary"
	"fmt"
	"math/bits"
)

// ParseBits decodes a P4Runtime byte string as an unsigned integer of width bits, at most 64. Leading
// zero bytes are allowed (P4Runtime 1.3 §8.4, "Bytestrings"). The caller supplies the subject of the error:
// "is …, expected a value of 9 bits".
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

// FormatBits returns the canonical byte string of v, the shortest one of P4Runtime:
// big-endian without leading zero bytes, at least one byte (P4Runtime 1.3 §8.4).
func FormatBits(v uint64) []byte {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], v)
	skip := min(bits.LeadingZeros64(v)/8, 7)
	return append([]byte(nil), b[skip:]...)
}
