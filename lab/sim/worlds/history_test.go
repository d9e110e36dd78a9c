package worlds

import (
	"strings"
	"testing"

	"github.com/netordered/nopaxos/replica/wire"
)

// requested returns the log entry of a client's operation.
func requested(number uint64, op opID) entry {
	return entry{kind: wire.EntryRequest, session: 1, number: number, client: wire.ClientID{Lo: uint64(op.client() + 1)}, id: uint64(op & 15), op: op}
}

// TestBrokenPromisesAreSeen: facts that contradict a history are violations.
func TestBrokenPromisesAreSeen(t *testing.T) {
	a, b, c := newOpID(0, 0), newOpID(1, 0), newOpID(0, 1)
	noOp := entry{kind: wire.EntryNoOp, session: 1, number: 1}
	v1, v2 := wire.View{Session: 1}, wire.View{Leader: 1, Session: 1}
	for _, test := range []struct {
		name string
		act  func(w *writer)
		want string
	}{
		{"a committed slot changes", func(w *writer) {
			w.commits(milestone{v1, w.log(requested(1, a))})
			w.commits(milestone{v2, w.log(noOp)})
		}, "invariants 1, 3"},
		{"a view starts without what was committed", func(w *writer) {
			w.commits(milestone{v1, w.log(requested(1, a), requested(2, b))})
			w.facts = &facts{entered: true, view: v2, leader: true, log: w.log(requested(1, a))}
			w.enters()
		}, "invariants 1, 3"},
		{"a view starts with something else than what was committed", func(w *writer) {
			w.commits(milestone{v1, w.log(requested(1, a))})
			w.facts = &facts{entered: true, view: v2, leader: true, log: w.log(noOp)}
			w.enters()
		}, "invariants 1, 3"},
		{"what commits is not in a view above", func(w *writer) {
			w.facts = &facts{entered: true, view: v2, leader: true, log: w.log()}
			w.enters()
			w.commits(milestone{v1, w.log(requested(1, a))})
		}, "invariant 1"},
		{"views that form no chain", func(w *writer) {
			w.facts = &facts{entered: true, view: wire.View{Leader: 1, Session: 1}, leader: true}
			w.enters()
			w.facts = &facts{entered: true, view: wire.View{Leader: 0, Session: 2}, leader: true}
			w.enters()
		}, "invariant 10"},
		{"a view that nobody started", func(w *writer) {
			w.facts = &facts{entered: true, view: v2}
			w.enters()
		}, "has not started"},
		{"two stable prefixes", func(w *writer) {
			w.facts = &facts{view: v1, stable: w.log(requested(1, a))}
			w.settles()
			w.facts = &facts{view: v1, stable: w.log(noOp)}
			w.settles()
		}, "invariant 2"},
		{"an entry that was not stamped so", func(w *writer) {
			w.facts = &facts{log: w.log(requested(1, a))}
			w.authentic()
		}, "nobody stamped"},
		{"a result that nobody committed", func(w *writer) {
			w.call(a)
			w.returned(0, &answer{op: a, request: requestID{wire.ClientID{Lo: 1}, 1}, result: string([]byte{byte(a)})})
		}, "which no f+1 replicas"},
		{"results that no order gives", func(w *writer) {
			w.call(a)
			w.call(b)
			w.history.calls[0].done, w.history.calls[0].result = true, string([]byte{byte(b), byte(a)})
			w.commits(milestone{v1, w.log(requested(1, a), requested(2, b))})
			w.returned(1, &answer{op: b, request: requestID{wire.ClientID{Lo: 2}, 1}, result: string([]byte{byte(a), byte(b)})})
		}, "linearizability"},
		{"a result that lacks what had returned", func(w *writer) {
			w.call(a)
			w.history.calls[0].done, w.history.calls[0].result = true, string([]byte{byte(a)})
			w.call(c)
			w.history.calls[1].after = []opID{a}
			w.commits(milestone{v1, w.log(requested(1, c))})
			w.returned(0, &answer{op: c, request: requestID{wire.ClientID{Lo: 1}, uint64(c & 15)}, result: string([]byte{byte(c)})})
		}, "does not see it"},
	} {
		l := newLogs()
		w := &writer{histories: newHistories(&atlas{logs: &l}, nil), history: &history{}, facts: &facts{}}
		if test.act(w); !strings.Contains(w.failure, test.want) {
			t.Errorf("%s: %q, expected %q", test.name, w.failure, test.want)
		}
	}
}

func (w *writer) log(entries ...entry) logID { return w.atlas.logs.id(contents{entries: entries}) }

func (w *writer) call(op opID) { w.history.calls = append(w.history.calls, call{op: op}) }
