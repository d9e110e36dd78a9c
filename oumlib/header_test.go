package oumlib

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"testing"
)

// wireHeader is the reference encoding of the header, by encoding/binary.
type wireHeader struct {
	Magic          uint16
	Version, Flags uint8
	Group, Session uint32
	Seq, Token     uint64
}

func referenceEncode(h Header) []byte {
	var b bytes.Buffer
	err := binary.Write(&b, binary.BigEndian, wireHeader{
		Magic: 0x4F55, Version: 1, Flags: h.Flags, Group: h.Group, Session: h.Session, Seq: h.Seq, Token: h.Token,
	})
	if err != nil {
		panic(err)
	}
	return b.Bytes()
}

func FuzzHeaderRoundTrip(f *testing.F) {
	f.Add(uint8(0), uint32(0x0AFF0001), uint32(0), uint64(0), uint64(0), []byte("payload"))
	f.Add(uint8(1), uint32(1), uint32(7), uint64(1)<<32, ^uint64(0), []byte{})
	f.Fuzz(func(t *testing.T, flags uint8, group, session uint32, seq, token uint64, payload []byte) {
		h := Header{Flags: flags, Group: group, Session: session, Seq: seq, Token: token}
		b := AppendHeader(nil, h)
		if want := referenceEncode(h); !bytes.Equal(b, want) {
			t.Fatalf("encoded %x, expected %x", b, want)
		}
		got, rest, err := ParseHeader(append(b, payload...))
		if err != nil || got != h || !bytes.Equal(rest, payload) {
			t.Fatalf("parsed %v, %x, %v; expected %v, %x", got, rest, err, h, payload)
		}
		Stamp(b, session+1, seq+1, token+1)
		h = Header{Flags: flags | FlagSequenced, Group: group, Session: session + 1, Seq: seq + 1, Token: token + 1}
		if want := referenceEncode(h); !bytes.Equal(b, want) {
			t.Fatalf("stamped %x, expected %x", b, want)
		}
	})
}

func FuzzParseHeader(f *testing.F) {
	f.Add([]byte{})
	f.Add(referenceEncode(Header{Group: 1}))
	f.Add(append(referenceEncode(Header{Flags: 1, Session: 2, Seq: 3}), "payload"...))
	f.Fuzz(func(t *testing.T, b []byte) {
		h, payload, err := ParseHeader(b)
		if err != nil {
			return
		}
		if again := append(referenceEncode(h), payload...); !bytes.Equal(again, b) {
			t.Fatalf("%x parses as %v, which encodes as %x", b, h, again)
		}
	})
}

func TestParseHeaderErrors(t *testing.T) {
	good := referenceEncode(Header{})
	change := func(i int, v byte) []byte { b := bytes.Clone(good); b[i] = v; return b }
	for _, tc := range []struct {
		name string
		b    []byte
		want error
	}{
		{"empty", nil, ErrShort},
		{"one byte short", good[:HeaderLen-1], ErrShort},
		{"magic", change(0, 'X'), ErrMagic},
		{"version", change(2, 2), ErrVersion},
		{"whole", good, nil},
	} {
		if _, _, err := ParseHeader(tc.b); err != tc.want {
			t.Errorf("%s: error is %v, expected %v", tc.name, err, tc.want)
		}
	}
}

func TestGroupNumberAndAddress(t *testing.T) {
	addr := [4]byte{10, 255, 0, 1}
	if n := GroupNumber(addr); n != 0x0AFF0001 || GroupAddress(n) != addr {
		t.Errorf("group of %v is %#x, whose address is %v", addr, n, GroupAddress(n))
	}
}

func TestSessionToken(t *testing.T) {
	key := []byte("0123456789abcdef")
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("oum-session\x00\x00\x00\x05\x00\x00\x00\x07"))
	want := binary.BigEndian.Uint64(mac.Sum(nil)[:8])
	if got := SessionToken(key, 5, 7); got != want {
		t.Errorf("token is %x, expected %x", got, want)
	}
	book := newTokenBook(key, 5)
	book.setCurrent(7)
	for session := range uint32(50) { // a flood of datagrams, each of another session
		for range 2 {
			if got, want := book.expected(session), SessionToken(key, 5, session); got != want {
				t.Errorf("expected token of session %d is %x, should be %x", session, got, want)
			}
		}
	}
	if allocs := testing.AllocsPerRun(100, func() { book.expected(7); book.compute(9) }); allocs != 0 {
		t.Errorf("%v allocations per token", allocs)
	}
}

func BenchmarkAppendHeader(b *testing.B) {
	buf := make([]byte, 0, HeaderLen)
	b.ReportAllocs()
	for b.Loop() {
		buf = AppendHeader(buf[:0], Header{Group: 1, Session: 2, Seq: 3, Token: 4})
	}
}

func BenchmarkParseHeader(b *testing.B) {
	buf := AppendHeader(nil, Header{Flags: 1, Group: 1, Session: 2, Seq: 3, Token: 4})
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := ParseHeader(buf); err != nil {
			b.Fatal(err)
		}
	}
}
