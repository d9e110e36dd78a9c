package sim

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
	"sort"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/netordered/nopaxos/client"
)

// history is what the clients asked and were told.
type history struct {
	calls []call // by uid - 1
	begun uint64
}

type callState uint8

const (
	callPending callState = iota
	callDone
	callUnknown // the client was told that the outcome is unknown
	callLost    // the client crashed
)

type call struct {
	client   int
	op       op
	called   time.Duration
	returned time.Duration
	state    callState
	result   values
}

func (h *history) next() uint64 {
	h.begun++
	return h.begun
}

func (h *history) call(client int, o op, now time.Duration) {
	h.calls = append(h.calls, call{client: client, op: o, called: now})
}

// done takes an outcome. The error says that it is one that cannot be.
func (h *history) done(uid uint64, result []byte, err error, now time.Duration) error {
	c := &h.calls[uid-1]
	if c.state != callPending {
		return fmt.Errorf("%v has a second outcome", c.op)
	}
	c.returned = now
	if err != nil {
		c.state = callUnknown
		if !errors.Is(err, client.ErrOutcomeUnknown) {
			return fmt.Errorf("%v: %v", c.op, err)
		}
		return nil
	}
	c.state = callDone
	c.result, err = c.op.decodeResult(result)
	if err != nil {
		return fmt.Errorf("%v: %v", c.op, err)
	}
	return nil
}

// abandon notes that a client has crashed.
func (h *history) abandon(client int) {
	for i := range h.calls {
		if c := &h.calls[i]; c.client == client && c.state == callPending {
			c.state = callLost
		}
	}
}

func (h *history) count(s callState) (n int) {
	for i := range h.calls {
		if h.calls[i].state == s {
			n++
		}
	}
	return n
}

// model is the sequential specification of all registers together.
var model = porcupine.Model{
	Init: func() any { return values{} },
	Step: func(state, input, output any) (bool, any) {
		v, o := state.(values), input.(op)
		result := o.apply(&v)
		return output == nil || output.(values) == result, v
	},
}

// maxUnknown bounds the operations of unknown outcome, per part of a history, that porcupine is asked about:
// each may take effect at any time until the end, which makes its search exponential. Beyond that
// witness alone decides.
const maxUnknown = 6

// linearizable asks porcupine. Registers that an operation touches together are looked at together, others apart:
// a history is linearizable if the parts of it that share no object are (Herlihy & Wing, TOPLAS 1990). An
// operation of unknown outcome counts if a replica executed it, which witness has checked.
func (h *history) linearizable(order []executed) error {
	took := make([]bool, len(h.calls))
	for _, e := range order {
		took[e.uid-1] = true
	}
	part := h.parts(took)
	for keys := range uint8(registers) {
		operations, unknown := h.operations(took, func(o *op) bool { return part[bits.TrailingZeros8(o.touches())] == keys })
		if unknown <= maxUnknown && !porcupine.CheckOperations(model, operations) {
			return fmt.Errorf("the clients' history is not linearizable: %d operations on the registers that hang together with r%d", len(operations), keys)
		}
	}
	return nil
}

// parts gives every register the number of the lowest one that it hangs together with: by operations that touch
// both, or by way of others.
func (h *history) parts(took []bool) (part [registers]uint8) {
	for i := range part {
		part[i] = uint8(i)
	}
	for i := range h.calls {
		o := &h.calls[i].op
		if o.kind != opMulti || !took[i] {
			continue
		}
		first := bits.TrailingZeros8(o.keys)
		for left := o.keys; left != 0; left &= left - 1 {
			join(&part, part[first], part[bits.TrailingZeros8(left)])
		}
	}
	return part
}

// join makes one of two parts.
func join(part *[registers]uint8, a, b uint8) {
	for k := range part {
		if part[k] == a || part[k] == b {
			part[k] = min(a, b)
		}
	}
}

// operations are those that took effect, as far as they are wanted, and how many are of unknown outcome.
func (h *history) operations(took []bool, wanted func(*op) bool) (operations []porcupine.Operation, unknown int) {
	for i := range h.calls {
		c := &h.calls[i]
		if !took[i] || !wanted(&c.op) {
			continue
		}
		o := porcupine.Operation{ClientId: i, Input: c.op, Call: int64(c.called), Return: math.MaxInt64}
		if c.state == callDone {
			o.Output, o.Return = c.result, int64(c.returned)
		} else {
			unknown++
		}
		operations = append(operations, o)
	}
	return operations, unknown
}

// witness checks the history against the order in which a replica executed: every acknowledged
// operation is there once with the result that the client saw, no operation that returned before
// another was called stands behind it, and replaying the order gives every result. That implies
// linearizability, in linear time.
func (h *history) witness(order []executed) error {
	position := make([]int, len(h.calls))
	for i, e := range order {
		if e.uid == 0 || e.uid > uint64(len(h.calls)) {
			return fmt.Errorf("slot %d executed operation %d, which nobody called", e.slot, e.uid)
		}
		if position[e.uid-1] != 0 {
			return fmt.Errorf("op%d is executed twice in one log", e.uid)
		}
		position[e.uid-1] = i + 1
	}
	if err := h.replay(order); err != nil {
		return err
	}
	return h.realTime(position)
}

func (h *history) replay(order []executed) error {
	var v values
	for _, e := range order {
		c := &h.calls[e.uid-1]
		result := c.op.apply(&v)
		if c.state == callDone && c.result != result {
			return fmt.Errorf("%v returned %v to the client; executed at slot %d it gives %v", c.op, c.result, e.slot, result)
		}
	}
	return nil
}

// realTime checks that acknowledged operations are executed, in an order that real time allows.
func (h *history) realTime(position []int) error {
	var byReturn []int
	for i := range h.calls {
		if h.calls[i].state == callDone {
			if position[i] == 0 {
				return fmt.Errorf("%v was acknowledged and is in no log", h.calls[i].op)
			}
			byReturn = append(byReturn, i)
		}
	}
	sort.SliceStable(byReturn, func(a, b int) bool { return h.calls[byReturn[a]].returned < h.calls[byReturn[b]].returned })
	latest, next, of := 0, 0, 0
	for i := range h.calls { // in the order of their calls
		for next < len(byReturn) && h.calls[byReturn[next]].returned < h.calls[i].called {
			if p := position[byReturn[next]]; p > latest {
				latest, of = p, byReturn[next]
			}
			next++
		}
		if position[i] != 0 && position[i] < latest {
			return fmt.Errorf("%v was called after %v had returned and stands before it", h.calls[i].op, h.calls[of].op)
		}
	}
	return nil
}
