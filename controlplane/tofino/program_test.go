package tofino

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The made-up program of testdata. small.packed was put together after the layout, byte by byte, not by Pack.
func small(t testing.TB) Program {
	t.Helper()
	p := Program{Name: "small"}
	for file, part := range map[string]*[]byte{"tofino.bin": &p.Binary, "context.json": &p.Context} {
		var err error
		if *part, err = os.ReadFile(filepath.Join("testdata", file)); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

func golden(t testing.TB) []byte {
	t.Helper()
	packed, err := os.ReadFile("testdata/small.packed")
	if err != nil {
		t.Fatal(err)
	}
	return packed
}

func TestPack(t *testing.T) {
	got, err := small(t).Pack()
	if err != nil {
		t.Fatal(err)
	}
	if want := golden(t); !bytes.Equal(got, want) {
		t.Errorf("packed\n%x\nwant\n%x", got, want)
	}
}

func TestPackRefuses(t *testing.T) {
	for _, tt := range []struct {
		name string
		harm func(p *Program)
		want string
	}{
		{"no name", func(p *Program) { p.Name = "" }, "tofino: the program has no name, expected one"},
		{"no binary", func(p *Program) { p.Binary = nil }, "tofino: program small: tofino.bin is empty"},
		{"no context", func(p *Program) { p.Context = nil }, "tofino: program small: context.json of 0 bytes is not JSON"},
		{"half a context", func(p *Program) { p.Context = p.Context[:20] }, "tofino: program small: context.json of 20 bytes is not JSON"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := small(t)
			tt.harm(&p)
			if _, err := p.Pack(); err == nil || err.Error() != tt.want {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}

func TestUnpackRefuses(t *testing.T) {
	whole := golden(t)
	for _, tt := range []struct {
		name   string
		packed []byte
		want   string
	}{
		{"nothing", nil, "ends before the length of the name"},
		{"half a name", whole[:6], "the name has 5 bytes, and the device config only 2 more"},
		{"no binary", whole[:9], "ends before the length of tofino.bin"},
		{"the last byte is missing", whole[:len(whole)-1], "context.json has"},
		{"a byte too many", append(bytes.Clone(whole), 0), "has 1 bytes after context.json, expected none"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := Unpack(tt.packed); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want something with %q", err, tt.want)
			}
		})
	}
}

// What unpacks, packs to the same bytes; nothing panics.
func FuzzUnpack(f *testing.F) {
	f.Add(golden(f))
	f.Add([]byte{0xFF, 0xFF, 0xFF, 0xFF, 1})
	f.Fuzz(func(t *testing.T, packed []byte) {
		p, err := Unpack(packed)
		if err != nil {
			return
		}
		again, err := p.Pack()
		if err == nil && !bytes.Equal(again, packed) {
			t.Errorf("unpacked %x as %+v, which packs to %x", packed, p, again)
		}
	})
}
