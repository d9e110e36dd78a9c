package wire

import (
	"bytes"
	"testing"
)

// samples has a frame of every kind, without tag.
func samples() [][]byte {
	frames := [][]byte{}
	for _, g := range golden {
		frames = append(frames, g.frame)
	}
	return frames
}

// reparse checks that encoding a parsed message again gives the same bytes.
func reparse(t *testing.T, kind Kind, frame []byte) {
	var again []byte
	switch kind {
	case KindRequest:
		m, err := ParseRequest(frame)
		if err != nil {
			return
		}
		again = AppendRequest(nil, &m)
	case KindReply:
		m, err := ParseReply(frame)
		if err != nil {
			return
		}
		again = AppendReply(nil, &m)
	case KindTick:
		m, err := ParseTick(frame)
		if err != nil {
			return
		}
		again = AppendTick(nil, &m)
	default:
		m, err := Parse(kind, frame)
		if err != nil {
			return
		}
		again = Append(nil, m)
	}
	if !bytes.Equal(frame[PrefixLen:], again[PrefixLen:]) {
		t.Fatalf("%v accepted\n%x, writes\n%x", kind, frame, again)
	}
}

// FuzzOpen opens arbitrary bytes and parses them if they open, which is rare.
func FuzzOpen(f *testing.F) {
	for _, frame := range samples() {
		f.Add(testKeys.Client.Seal(bytes.Clone(frame), 0))
		f.Add(testKeys.Replica.Seal(bytes.Clone(frame), 0))
		f.Add(frame)
	}
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		if kind, body, err := testKeys.Open(b); err == nil {
			reparse(t, kind, body)
		}
	})
}

// FuzzParse parses arbitrary bodies with a valid tag, which a faulty replica could send.
func FuzzParse(f *testing.F) {
	for _, frame := range samples() {
		f.Add(frame[3], frame[PrefixLen:])
	}
	f.Fuzz(func(t *testing.T, k byte, body []byte) {
		frame := append(appendPrefix(nil, Kind(k)), body...)
		auth := testKeys.Replica
		if Kind(k).FromClient() {
			auth = testKeys.Client
		}
		kind, opened, err := testKeys.Open(auth.Seal(frame, 0))
		if err != nil {
			if Kind(k).valid() {
				t.Fatalf("a sealed %v does not open: %v", Kind(k), err)
			}
			return
		}
		reparse(t, kind, opened)
	})
}

// FuzzParseRequest parses arbitrary bodies as REQUESTs, FuzzParseReply as REPLYs, FuzzParseTick as
// TICKs.
func FuzzParseRequest(f *testing.F) { fuzzBody(f, KindRequest) }
func FuzzParseReply(f *testing.F)   { fuzzBody(f, KindReply) }
func FuzzParseTick(f *testing.F)    { fuzzBody(f, KindTick) }

func fuzzBody(f *testing.F, kind Kind) {
	for _, frame := range samples() {
		f.Add(frame[PrefixLen:])
	}
	f.Fuzz(func(t *testing.T, body []byte) { reparse(t, kind, append(appendPrefix(nil, kind), body...)) })
}
