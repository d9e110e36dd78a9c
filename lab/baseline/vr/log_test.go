package vr

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	nopaxos "github.com/netordered/nopaxos/replica/wire"
)

// TestLogIsAMap compares the log with a map from slots to payloads.
func TestLogIsAMap(t *testing.T) {
	keys, err := nopaxos.DeriveKeys(make([]byte, 16))
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		l := newLog(rapid.Bool().Draw(t, "chained"), keys.Digest)
		model, start, n := map[uint64]string{}, uint64(0), 0
		end := func() uint64 {
			s := start
			for model[s+1] != "" {
				s++
			}
			return s
		}
		payload := func() []byte { n++; return fmt.Appendf(nil, "payload %d", n) }
		t.Repeat(map[string]func(*rapid.T){
			"append": func(t *rapid.T) {
				p := payload()
				if slot := end() + 1; model[slot] == "" {
					model[slot] = string(p)
					l.Append(p)
				}
			},
			"insert": func(t *rapid.T) {
				slot, p := end()+rapid.Uint64Range(0, 3000).Draw(t, "ahead"), payload()
				if !l.Insert(slot, p) {
					t.Fatalf("slot %d does not go into a log that ends at %d", slot, end())
				}
				if slot > start && model[slot] == "" {
					model[slot] = string(p)
				}
			},
			"cut": func(t *rapid.T) {
				slot := rapid.Uint64Range(start, end()).Draw(t, "slot")
				l.cut(slot)
				for s := range model {
					if s > slot {
						delete(model, s)
					}
				}
			},
			"truncate": func(t *rapid.T) {
				slot := rapid.Uint64Range(start, end()).Draw(t, "slot")
				l.truncate(slot)
				for s := range model {
					if s <= slot {
						delete(model, s)
					}
				}
				start = max(start, slot)
			},
			"": func(t *rapid.T) {
				if l.Start() != start || l.End() != end() {
					t.Fatalf("log is (%d, %d], expected (%d, %d]", l.Start(), l.End(), start, end())
				}
				for s := start + 1; s <= end(); s++ {
					if string(l.At(s)) != model[s] {
						t.Fatalf("slot %d holds %q, expected %q", s, l.At(s), model[s])
					}
				}
				lo, hi, ok := l.Missing()
				if early := len(model) > int(end()-start); ok != early || ok && (lo != end() || model[hi] != "" || model[hi+1] == "") {
					t.Fatalf("missing (%d, %d] %v in a log that ends at %d", lo, hi, ok, end())
				}
			},
		})
	})
}

// TestDigests checks that logs with equal entries have equal digests, whatever their history.
func TestDigests(t *testing.T) {
	keys, err := nopaxos.DeriveKeys(make([]byte, 16))
	if err != nil {
		t.Fatal(err)
	}
	a, b := newLog(true, keys.Digest), newLog(true, keys.Digest)
	for i := range 10 {
		a.Append([]byte{byte(i)})
	}
	for i := 9; i >= 0; i-- {
		b.Insert(uint64(i+1), []byte{byte(i)})
	}
	a.truncate(4)
	b.cut(8)
	b.Append([]byte{8})
	for slot := uint64(4); slot <= 9; slot++ {
		if a.Digest(slot) != b.Digest(slot) {
			t.Errorf("digests at slot %d differ", slot)
		}
	}
	b.Append([]byte{77})
	if a.Digest(10) == b.Digest(10) {
		t.Error("digests of different logs are the same")
	}
	b.rebase(10, a.Digest(10))
	if b.Start() != 10 || b.End() != 10 || b.Digest(10) != a.Digest(10) {
		t.Errorf("rebased log is (%d, %d]", b.Start(), b.End())
	}
}

// TestIndexIsAMap compares the index with a map.
func TestIndexIsAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, model := NewIndex(), map[RequestID]uint64{}
		id := func(t *rapid.T) RequestID {
			return RequestID{
				Client: nopaxos.ClientID{Lo: rapid.Uint64Range(0, 5).Draw(t, "client")},
				ID:     rapid.Uint64Range(0, 200).Draw(t, "id"),
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"put": func(t *rapid.T) {
				first, n := id(t), rapid.Uint64Range(1, 50).Draw(t, "n")
				for i := range n {
					k := first
					k.ID += i
					model[k] = k.ID + 1
					x.Put(k, k.ID+1)
				}
			},
			"remove": func(t *rapid.T) {
				k := id(t)
				delete(model, k)
				x.Remove(k)
			},
			"": func(t *rapid.T) {
				if x.len != len(model) {
					t.Fatalf("%d requests, expected %d", x.len, len(model))
				}
				for k, slot := range model {
					if x.Slot(k) != slot {
						t.Fatalf("request %v is at slot %d, expected %d", k, x.Slot(k), slot)
					}
				}
				if k := id(t); x.Slot(k) != model[k] {
					t.Fatalf("request %v is at slot %d, expected %d", k, x.Slot(k), model[k])
				}
			},
		})
	})
}
