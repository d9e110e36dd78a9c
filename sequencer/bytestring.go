package sequencer

import (
	"encoding/binary"
	"fmt"
	"math/bits"
)

// parseBits reads a P4Runtime byte string as an unsigned integer of width bits, at most 64. Leading
// zero bytes are accepted, as the specification demands ("Bytestrings").
func parseBits(b []byte, width int32) (uint64, error) {
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

// formatBits returns the canonical, shortest byte string of v.
func formatBits(v uint64) []byte {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], v)
	skip := min(bits.LeadingZeros64(v)/8, 7)
	return append([]byte(nil), b[skip:]...)
}
