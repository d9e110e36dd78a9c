package p4src

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

func TestParseBits(t *testing.T) {
	tests := []struct {
		in    []byte
		width int32
		want  uint64
		ok    bool
	}{
		{nil, 8, 0, false},
		{[]byte{0}, 1, 0, true},
		{[]byte{1}, 1, 1, true},
		{[]byte{2}, 1, 0, false},
		{[]byte{0x63}, 16, 0x63, true},
		{[]byte{0, 0, 0x30, 0x64}, 16, 0x3064, true},
		{[]byte{0x10, 0x63}, 12, 0, false},
		{[]byte{1, 0, 0x63}, 12, 0, false},
		{[]byte{1, 0xFF}, 9, 511, true},
		{[]byte{2, 0}, 9, 0, false},
		{bytes.Repeat([]byte{0xFF}, 8), 64, 1<<64 - 1, true},
		{append([]byte{0}, bytes.Repeat([]byte{0xFF}, 8)...), 64, 1<<64 - 1, true},
		{append([]byte{1}, make([]byte, 8)...), 64, 0, false},
		{make([]byte, 100), 1, 0, true},
	}
	for _, tt := range tests {
		got, err := ParseBits(tt.in, tt.width)
		if got != tt.want || (err == nil) != tt.ok {
			t.Errorf("ParseBits(%x, %d) = %#x, %v; want %#x, ok %v", tt.in, tt.width, got, err, tt.want, tt.ok)
		}
	}
}

func TestFormatBitsIsCanonical(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.Uint64().Draw(t, "v") >> rapid.IntRange(0, 63).Draw(t, "shift")
		b := FormatBits(v)
		if len(b) == 0 || len(b) > 1 && b[0] == 0 {
			t.Fatalf("FormatBits(%#x) = %x is not the shortest form", v, b)
		}
		if got, err := ParseBits(b, 64); err != nil || got != v {
			t.Fatalf("ParseBits(FormatBits(%#x)) = %#x, %v", v, got, err)
		}
	})
}
