package sim

import (
	"strings"
	"testing"
	"time"
)

// TestMultiIsOneOperation: an operation on several registers that takes effect at two points in time is found, by
// porcupine alone and by witness alone.
func TestMultiIsOneOperation(t *testing.T) {
	at := func(ms int) time.Duration { return time.Duration(ms) * time.Millisecond }
	multi := op{uid: 1, kind: opMulti, keys: 0b11, arg: 5}
	first, second := op{uid: 2, kind: opGet, key: 0}, op{uid: 3, kind: opGet, key: 1}
	for _, test := range []struct {
		name          string
		first, second uint64 // read one after the other while the MULTI is under way
		fails         bool
	}{
		{"before", 0, 0, false}, {"between", 0, 5, false}, {"after", 5, 5, false}, {"torn", 5, 0, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := history{calls: []call{
				{op: multi, called: at(0), returned: at(9), state: callDone, result: values{5, 5}},
				{op: first, called: at(1), returned: at(2), state: callDone, result: values{test.first}},
				{op: second, called: at(3), returned: at(4), state: callDone, result: values{test.second}},
			}}
			order := []executed{{slot: 1, uid: 1}, {slot: 2, uid: 2}, {slot: 3, uid: 3}}
			if err := h.linearizable(order); (err != nil) != test.fails {
				t.Errorf("linearizable: %v", err)
			}
			if test.fails {
				for _, slots := range [][]executed{order, {order[1], order[0], order[2]}, {order[1], order[2], order[0]}} {
					if h.witness(slots) == nil {
						t.Errorf("order %v is a witness", slots)
					}
				}
			}
		})
	}
}

// TestLostOperations: what a client that crashed had outstanding may have taken effect, or not.
func TestLostOperations(t *testing.T) {
	set, get := op{uid: 1, kind: opSet, key: 2, arg: 7}, op{uid: 2, kind: opGet, key: 2}
	for result, order := range map[uint64][]executed{
		7: {{slot: 1, uid: 1}, {slot: 2, uid: 2}},
		0: {{slot: 2, uid: 2}},
	} {
		h := history{}
		for _, o := range []op{set, get} {
			h.next()
			h.call(int(o.uid), o, time.Duration(o.uid))
		}
		h.abandon(1)
		if err := h.done(2, get.appendResult(nil, values{result}), nil, 3); err != nil {
			t.Fatal(err)
		}
		if h.count(callLost) != 1 || h.count(callPending) != 0 {
			t.Errorf("calls are %+v", h.calls)
		}
		if err := h.witness(order); err != nil {
			t.Errorf("get of %d: %v", result, err)
		}
		if err := h.linearizable(order); err != nil {
			t.Errorf("get of %d: %v", result, err)
		}
	}
}

// TestParts: registers hang together through the operations that took effect, also by way of a third.
func TestParts(t *testing.T) {
	h := history{calls: []call{
		{op: op{kind: opMulti, keys: 0b110000}}, {op: op{kind: opMulti, keys: 0b010001}}, {op: op{kind: opMulti, keys: 0b001100}},
	}}
	if got, want := h.parts([]bool{true, true, false}), ([registers]uint8{0, 1, 2, 3, 0, 0}); got != want {
		t.Errorf("parts are %v, want %v", got, want)
	}
}

// TestOperationEncoding: what is encoded is decoded, and what is damaged is not taken.
func TestOperationEncoding(t *testing.T) {
	for _, o := range []op{
		{uid: 1, kind: opGet, key: 5}, {uid: 1 << 40, kind: opSet, arg: 3, wide: true}, {uid: 9, kind: opMulti, keys: 0b101010, pad: 30},
	} {
		b := o.encode()
		if got, err := decodeOp(b); err != nil || got != o {
			t.Errorf("%v is decoded as %v, %v", o, got, err)
		}
		v := values{1, 2, 3, 4, 5, 6}
		want := o.apply(&v)
		result := o.appendResult(nil, want)
		if got, err := o.decodeResult(result); err != nil || got != want {
			t.Errorf("result %v of %v is decoded as %v, %v", want, o, got, err)
		}
		if _, err := o.decodeResult(result[1:]); err == nil || !strings.Contains(err.Error(), "expected") {
			t.Errorf("a result that lacks a byte: error %v", err)
		}
		if o.pad > 0 {
			b[len(b)-1]++
			if _, err := decodeOp(b); err == nil {
				t.Error("damaged padding is taken")
			}
		}
	}
}
