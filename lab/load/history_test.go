package load

import (
	"testing"
	"time"

	"github.com/netordered/nopaxos/monotime"
)

func write(v value, call, end time.Duration) operation {
	return operation{write: true, value: v, call: call, end: end}
}

func read(v value, call, end time.Duration) operation {
	return operation{value: v, call: call, end: end}
}

func unknown(v value, call time.Duration) operation {
	return operation{write: true, unknown: true, value: v, call: call, end: monotime.Never}
}

func TestCheck(t *testing.T) {
	for _, c := range []struct {
		name       string
		initial    value
		ops        []operation
		closing    value
		illegal    bool
		lost       int
		unresolved int
	}{
		{name: "nothing happened", initial: 7, closing: 7},
		{name: "the initial value is gone", initial: 7, closing: 0, illegal: true},
		{name: "one after the other", ops: []operation{write(1, 1, 2), read(1, 3, 4), write(2, 5, 6)}, closing: 2},
		{name: "concurrent writes end either way", ops: []operation{write(1, 1, 5), write(2, 2, 4)}, closing: 1},
		{name: "an acknowledged write is lost", ops: []operation{write(1, 1, 2), write(2, 3, 4)}, closing: 1, illegal: true, lost: 1},
		{name: "all acknowledged writes are lost", ops: []operation{write(1, 1, 2), write(2, 3, 4)}, closing: 0, illegal: true, lost: 2},
		{name: "a value from nowhere", ops: []operation{write(1, 1, 2)}, closing: 9, illegal: true, lost: 1},
		{name: "a stale read", ops: []operation{write(1, 1, 2), read(0, 3, 4)}, closing: 1, illegal: true},
		{name: "a read that goes back", ops: []operation{write(1, 1, 10), read(1, 2, 3), read(0, 4, 5)}, closing: 1, illegal: true},
		{name: "unknown, took effect late", ops: []operation{unknown(1, 1), write(2, 2, 3), read(2, 4, 5), read(1, 6, 7)}, closing: 1},
		{name: "unknown, never took effect", ops: []operation{unknown(1, 1), write(2, 2, 3)}, closing: 2, unresolved: 1},
		{name: "unknown, took effect twice", ops: []operation{unknown(1, 1), read(1, 2, 3), write(2, 4, 5), read(1, 6, 7)}, closing: 1, illegal: true},
		{name: "an unknown write does not excuse a lost one", ops: []operation{unknown(1, 1), write(2, 2, 3), write(3, 4, 5)}, closing: 2, illegal: true, lost: 1, unresolved: 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := keyWindow{initial: c.initial, ops: c.ops, closing: read(c.closing, 100, 101)}
			v := w.check()
			if v.illegal != c.illegal || v.lost != c.lost || v.undecided {
				t.Errorf("got %+v, expected illegal %v, lost %d", v, c.illegal, c.lost)
			}
			if n := len(w.unresolved()); n != c.unresolved {
				t.Errorf("%d unresolved writes, expected %d", n, c.unresolved)
			}
		})
	}
}

// BenchmarkCheck checks a hot key's window, the largest one.
func BenchmarkCheck(b *testing.B) {
	b.ReportAllocs()
	w := keyWindow{}
	const workers = 6
	for i := range 2000 {
		start := time.Duration(i)
		w.ops = append(w.ops, write(value(i+1), start, start+workers))
	}
	w.closing = read(2000, 1e6, 1e6+1)
	for b.Loop() {
		if v := w.check(); v.illegal || v.undecided {
			b.Fatalf("%+v", v)
		}
	}
}
