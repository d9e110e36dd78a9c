package registers

import (
	"strings"
	"testing"
	"time"
)

// TestMultiIsOneOperation checks that porcupine and Witness each find an operation on several registers that takes
// effect at two points in time.
func TestMultiIsOneOperation(t *testing.T) {
	at := func(ms int) time.Duration { return time.Duration(ms) * time.Millisecond }
	multi := Op{UID: 1, Kind: Multi, Keys: 0b11, Arg: 5}
	first, second := Op{UID: 2, Kind: Get, Key: 0}, Op{UID: 3, Kind: Get, Key: 1}
	for _, test := range []struct {
		name          string
		first, second uint64 // read one after the other while the MULTI is under way
		fails         bool
	}{
		{"before", 0, 0, false}, {"between", 0, 5, false}, {"after", 5, 5, false}, {"torn", 5, 0, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := History{calls: []call{
				{op: multi, called: at(0), returned: at(9), state: Done, result: values{5, 5}},
				{op: first, called: at(1), returned: at(2), state: Done, result: values{test.first}},
				{op: second, called: at(3), returned: at(4), state: Done, result: values{test.second}},
			}}
			order := []Execution{{Slot: 1, UID: 1}, {Slot: 2, UID: 2}, {Slot: 3, UID: 3}}
			if err := h.Linearizable(order); (err != nil) != test.fails {
				t.Errorf("linearizable: %v", err)
			}
			if test.fails {
				for _, slots := range [][]Execution{order, {order[1], order[0], order[2]}, {order[1], order[2], order[0]}} {
					if h.Witness(slots) == nil {
						t.Errorf("order %v is a witness", slots)
					}
				}
			}
		})
	}
}

// TestLostOperations checks that outstanding operations of a crashed client may or may not have taken effect.
func TestLostOperations(t *testing.T) {
	set, get := Op{UID: 1, Kind: Set, Key: 2, Arg: 7}, Op{UID: 2, Kind: Get, Key: 2}
	for result, order := range map[uint64][]Execution{
		7: {{Slot: 1, UID: 1}, {Slot: 2, UID: 2}},
		0: {{Slot: 2, UID: 2}},
	} {
		h := History{}
		for _, o := range []Op{set, get} {
			h.Next()
			h.Call(int(o.UID), o, time.Duration(o.UID))
		}
		h.Abandon(1)
		if err := h.Return(2, get.appendResult(nil, values{result}), nil, 3); err != nil {
			t.Fatal(err)
		}
		if h.Count(Lost) != 1 || h.Count(Pending) != 0 {
			t.Errorf("calls are %+v", h.calls)
		}
		if err := h.Witness(order); err != nil {
			t.Errorf("get of %d: %v", result, err)
		}
		if err := h.Linearizable(order); err != nil {
			t.Errorf("get of %d: %v", result, err)
		}
	}
}

// TestParts checks that registers are connected by operations that took effect, directly or through a third.
func TestParts(t *testing.T) {
	h := History{calls: []call{
		{op: Op{Kind: Multi, Keys: 0b110000}}, {op: Op{Kind: Multi, Keys: 0b010001}}, {op: Op{Kind: Multi, Keys: 0b001100}},
	}}
	if got, want := h.parts([]bool{true, true, false}), ([Count]uint8{0, 1, 2, 3, 0, 0}); got != want {
		t.Errorf("parts are %v, want %v", got, want)
	}
}

// TestOperationEncoding checks that Decode inverts Encode and refuses damaged operations.
func TestOperationEncoding(t *testing.T) {
	for _, o := range []Op{
		{UID: 1, Kind: Get, Key: 5}, {UID: 1 << 40, Kind: Set, Arg: 3, Wide: true}, {UID: 9, Kind: Multi, Keys: 0b101010, Pad: 30},
	} {
		b := o.Encode()
		if got, err := Decode(b); err != nil || got != o {
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
		if o.Pad > 0 {
			b[len(b)-1]++
			if _, err := Decode(b); err == nil {
				t.Error("damaged padding is taken")
			}
		}
	}
}
