package packettest

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strings"
)

// Diff says field by field how two frames differ; "" if they are equal.
func Diff(want, got []byte) string {
	if bytes.Equal(want, got) {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "    %-18s %6s  %-34s %s\n", "field", "offset", "want", "got")
	w, g := Dissect(want), Dissect(got)
	for len(w) > 0 || len(g) > 0 {
		switch {
		case len(g) == 0 || len(w) > 0 && w[0].Name != g[0].Name && !has(g, w[0].Name):
			row(&b, w[0], hex.EncodeToString(want[w[0].At:w[0].At+w[0].Len]), "-")
			w = w[1:]
		case len(w) == 0 || w[0].Name != g[0].Name:
			row(&b, g[0], "-", hex.EncodeToString(got[g[0].At:g[0].At+g[0].Len]))
			g = g[1:]
		default:
			row(&b, w[0], hex.EncodeToString(want[w[0].At:w[0].At+w[0].Len]), hex.EncodeToString(got[g[0].At:g[0].At+g[0].Len]))
			w, g = w[1:], g[1:]
		}
	}
	return b.String()
}

func has(fields []Field, name string) bool {
	for _, f := range fields {
		if f.Name == name {
			return true
		}
	}
	return false
}

func row(b *strings.Builder, f Field, want, got string) {
	mark := "   "
	if want != got {
		mark = ">>>"
	}
	fmt.Fprintf(b, "%s %-18s %6d  %-34s %s\n", mark, f.Name, f.At, want, got)
}

// Describe lists the fields of one frame.
func Describe(frame []byte) string {
	var b strings.Builder
	for _, f := range Dissect(frame) {
		fmt.Fprintf(&b, "    %-18s %6d  %s\n", f.Name, f.At, hex.EncodeToString(frame[f.At:f.At+f.Len]))
	}
	return b.String()
}
