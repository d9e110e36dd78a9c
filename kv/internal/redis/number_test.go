package redis

import (
	"math"
	"testing"
)

func TestParseInt(t *testing.T) {
	for text, want := range map[string]int64{
		"0": 0, "7": 7, "-7": -7, "9223372036854775807": math.MaxInt64, "-9223372036854775808": math.MinInt64,
	} {
		if got, ok := ParseInt([]byte(text)); !ok || got != want {
			t.Errorf("ParseInt(%q) = %d, %v, expected %d", text, got, ok, want)
		}
	}
	for _, text := range []string{
		"", "-", "-0", "00", "01", "-01", "+1", " 1", "1 ", "1.0", "x", "9223372036854775808", "-9223372036854775809",
		"18446744073709551616", "184467440737095516150", "99999999999999999999999",
	} {
		if got, ok := ParseInt([]byte(text)); ok {
			t.Errorf("ParseInt(%q) = %d, expected none", text, got)
		}
	}
}
