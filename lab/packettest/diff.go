package packettest

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strings"
)

// Diff compares two frames field by field. It returns "" if they are equal.
func Diff(want, got []byte) string {
	if bytes.Equal(want, got) {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "    %-18s %6s  %-34s %s\n", "field", "offset", "want", "got")
	w, g := dissect(want), dissect(got)
	for len(w) > 0 || len(g) > 0 {
		switch {
		case len(g) == 0 || len(w) > 0 && w[0].name != g[0].name && !has(g, w[0].name):
			row(&b, w[0], hex.EncodeToString(want[w[0].at:w[0].at+w[0].len]), "-")
			w = w[1:]
		case len(w) == 0 || w[0].name != g[0].name:
			row(&b, g[0], "-", hex.EncodeToString(got[g[0].at:g[0].at+g[0].len]))
			g = g[1:]
		default:
			row(&b, w[0], hex.EncodeToString(want[w[0].at:w[0].at+w[0].len]), hex.EncodeToString(got[g[0].at:g[0].at+g[0].len]))
			w, g = w[1:], g[1:]
		}
	}
	return b.String()
}

func has(fields []field, name string) bool {
	for _, f := range fields {
		if f.name == name {
			return true
		}
	}
	return false
}

func row(b *strings.Builder, f field, want, got string) {
	mark := "   "
	if want != got {
		mark = ">>>"
	}
	fmt.Fprintf(b, "%s %-18s %6d  %-34s %s\n", mark, f.name, f.at, want, got)
}

// Describe lists the fields of one frame.
func Describe(frame []byte) string {
	var b strings.Builder
	for _, f := range dissect(frame) {
		fmt.Fprintf(&b, "    %-18s %6d  %s\n", f.name, f.at, hex.EncodeToString(frame[f.at:f.at+f.len]))
	}
	return b.String()
}
