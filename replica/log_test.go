package replica

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"

	"github.com/netordered/nopaxos/replica/wire"
)

// TestLogAgainstModel drives a log by random operations and compares it with a plain slice: its
// entries, its digests, its runs of NO-OPs and its bytes.
func TestLogAgainstModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		keys, err := wire.DeriveKeys(make([]byte, 16))
		if err != nil {
			t.Fatal(err)
		}
		l := newLog(keys.Digest)
		type slot struct {
			kind    wire.EntryKind
			payload []byte
		}
		model := []slot{} // model[i] is slot i+1
		start := uint64(0)
		digest := func(to uint64) (d wire.Digest) {
			for i, s := range model[:to] {
				d = l.chain(d, s.kind, 7, uint64(i+1), s.payload)
			}
			return d
		}
		t.Repeat(map[string]func(*rapid.T){
			"append": func(t *rapid.T) {
				s := slot{kind: wire.EntryRequest, payload: rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, "payload")}
				if rapid.IntRange(0, 3).Draw(t, "no-op") == 0 {
					s = slot{kind: wire.EntryNoOp}
				}
				model = append(model, s)
				l.append(s.kind, 7, uint64(len(model)), s.payload)
			},
			"no-op": func(t *rapid.T) {
				if l.len() == 0 {
					t.Skip("empty")
				}
				at := rapid.Uint64Range(l.start+1, l.end).Draw(t, "slot")
				model[at-1] = slot{kind: wire.EntryNoOp}
				if l.at(at).kind != wire.EntryNoOp {
					l.setNoOp(at)
				}
			},
			"truncate": func(t *rapid.T) {
				start = rapid.Uint64Range(l.start, l.end).Draw(t, "slot")
				l.truncate(start)
			},
			"cut": func(t *rapid.T) {
				at := rapid.Uint64Range(l.start, l.end).Draw(t, "slot")
				model = model[:at]
				l.cut(at)
			},
			"digest": func(t *rapid.T) {
				at := rapid.Uint64Range(l.start, l.end).Draw(t, "slot")
				if got, want := l.digestAt(at), digest(at); got != want {
					t.Fatalf("digest at %d is %v, want %v", at, got, want)
				}
			},
			"": func(t *rapid.T) {
				if l.start != start || l.end != uint64(len(model)) {
					t.Fatalf("log is (%d, %d], want (%d, %d]", l.start, l.end, start, len(model))
				}
				size := 0
				var noops []wire.Range
				for s := start + 1; s <= l.end; s++ {
					m, e := model[s-1], l.at(s)
					if e.kind != m.kind || e.number != s || !bytes.Equal(e.payload, m.payload) {
						t.Fatalf("slot %d is %v %q, want %v %q", s, e.kind, e.payload, m.kind, m.payload)
					}
					size += len(m.payload)
					if m.kind == wire.EntryNoOp {
						noops = appendSlot(noops, s)
					}
				}
				if size != l.bytes {
					t.Fatalf("log counts %d bytes, want %d", l.bytes, size)
				}
				got, all := l.noOpsIn(start, l.end, 1<<20)
				if !all || len(got) != len(noops) {
					t.Fatalf("NO-OPs are %v, want %v", got, noops)
				}
				for i := range got {
					if got[i] != noops[i] {
						t.Fatalf("NO-OPs are %v, want %v", got, noops)
					}
				}
			},
		})
	})
}

// TestLogRebase rebases a log on a snapshot: the entries behind the snapshot's slot stay, with digests that
// continue the snapshot's.
func TestLogRebase(t *testing.T) {
	keys, err := wire.DeriveKeys(make([]byte, 16))
	if err != nil {
		t.Fatal(err)
	}
	l := newLog(keys.Digest)
	for n := uint64(1); n <= 10; n++ {
		l.append(wire.EntryRequest, 1, n, []byte{byte(n)})
	}
	own := l.digestAt(10)
	other := wire.Digest{Hi: 1, Lo: 2}
	l.rebase(6, other)
	if l.start != 6 || l.end != 10 || l.digestAt(6) != other || l.digestAt(10) == own {
		t.Fatalf("log is (%d, %d] with digest %v at 6", l.start, l.end, l.digestAt(6))
	}
	want := other
	for n := uint64(7); n <= 10; n++ {
		want = l.chain(want, wire.EntryRequest, 1, n, []byte{byte(n)})
	}
	if got := l.digestAt(10); got != want {
		t.Errorf("digest at 10 is %v, want %v", got, want)
	}
	l.rebase(20, other)
	if l.start != 20 || l.end != 20 || l.len() != 0 || l.bytes != 0 {
		t.Errorf("log is (%d, %d] with %d bytes, want empty at 20", l.start, l.end, l.bytes)
	}
}

// TestLogReusesMemory: a log that is truncated as fast as it grows allocates nothing.
func TestLogReusesMemory(t *testing.T) {
	keys, err := wire.DeriveKeys(make([]byte, 16))
	if err != nil {
		t.Fatal(err)
	}
	l := newLog(keys.Digest)
	payload := make([]byte, 100)
	round := func() {
		for range 1000 {
			l.append(wire.EntryRequest, 1, l.end+1, payload)
		}
		l.truncate(l.end - 100)
	}
	for range 100 {
		round()
	}
	if n := testing.AllocsPerRun(100, round); n > 0 {
		t.Errorf("1000 appended and truncated entries allocate %v times, want 0", n)
	}
}
