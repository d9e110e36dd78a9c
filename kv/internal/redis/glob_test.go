package redis

import (
	"path"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestGlob(t *testing.T) {
	for _, c := range []struct {
		pattern, s string
		want       bool
	}{
		{"*", "", true}, {"", "", true}, {"", "a", false}, {"a*b*c", "aXbXbc", true}, {"a*b", "aXc", false}, {"?", "", false},
		{"[a-c]x", "bx", true}, {"[c-a]x", "bx", true}, {"[^a-c]x", "bx", false}, {`[\]]`, "]", true}, {"[a", "a", true},
		{"[", "[", false}, {`\*`, "*", true}, {`\*`, "a", false}, {`a\`, `a\`, true}, {"h[ae]llo", "hello", true}, {"**a**", "bab", true},
		{strings.Repeat("*a", 50) + "b", strings.Repeat("a", 5000), false}, // must not take exponential time
	} {
		if got := MatchGlob(c.pattern, c.s); got != c.want {
			t.Errorf("MatchGlob(%.20q, %.20q) = %v, expected %v", c.pattern, c.s, got, c.want)
		}
	}
	rapid.Check(t, func(t *rapid.T) { // path.Match has the same patterns, apart from / and \
		pattern := rapid.StringMatching(`([ab?*]|\[\^?[a-c]-?[a-c]\])*`).Draw(t, "pattern")
		s := rapid.StringMatching(`[abc]*`).Draw(t, "s")
		if want, err := path.Match(pattern, s); err == nil && MatchGlob(pattern, s) != want && !reversed(pattern) {
			t.Fatalf("MatchGlob(%q, %q) = %v, expected %v", pattern, s, !want, want)
		}
	})
}

// reversed reports whether a pattern has a range like b-a, which Redis accepts and path.Match does not.
func reversed(pattern string) bool {
	for i := 1; i+1 < len(pattern); i++ {
		if pattern[i] == '-' && pattern[i-1] > pattern[i+1] {
			return true
		}
	}
	return false
}
