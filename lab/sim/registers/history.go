package registers

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
	"sort"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/netordered/nopaxos/internal/clientcore"
)

// History is the calls of all clients and their outcomes. The zero History is empty.
type History struct {
	calls []call // by uid - 1
	begun uint64
}

// State is the state of a call.
type State uint8

const (
	// Pending calls have no outcome yet.
	Pending State = iota
	// Done calls have a result.
	Done
	// Unknown calls failed with clientcore.ErrOutcomeUnknown.
	Unknown
	// Lost calls were outstanding when their client crashed.
	Lost
)

type call struct {
	client   int
	op       Op
	called   time.Duration
	returned time.Duration
	state    State
	result   values
}

// Next returns the uid of the next operation.
func (h *History) Next() uint64 {
	h.begun++
	return h.begun
}

// Call adds a call. Operations are called in the order of their uids.
func (h *History) Call(client int, o Op, now time.Duration) {
	h.calls = append(h.calls, call{client: client, op: o, called: now})
}

// Return takes the outcome of a call. It returns an error if the outcome is impossible.
func (h *History) Return(uid uint64, result []byte, err error, now time.Duration) error {
	c := &h.calls[uid-1]
	if c.state != Pending {
		return fmt.Errorf("%v has a second outcome", c.op)
	}
	c.returned = now
	if err != nil {
		c.state = Unknown
		if !errors.Is(err, clientcore.ErrOutcomeUnknown) {
			return fmt.Errorf("%v: %v", c.op, err)
		}
		return nil
	}
	c.state = Done
	c.result, err = c.op.decodeResult(result)
	if err != nil {
		return fmt.Errorf("%v: %v", c.op, err)
	}
	return nil
}

// Abandon makes the pending calls of a client lost: it has crashed.
func (h *History) Abandon(client int) {
	for i := range h.calls {
		if c := &h.calls[i]; c.client == client && c.state == Pending {
			c.state = Lost
		}
	}
}

// Count returns the number of calls in a state.
func (h *History) Count(s State) (n int) {
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
		v, o := state.(values), input.(Op)
		result := o.apply(&v)
		return output == nil || output.(values) == result, v
	},
}

// maxUnknown bounds the operations of unknown outcome in a part of a history that porcupine checks. Each may take
// effect at any time until the end, which makes the search exponential; above the bound Witness alone decides.
const maxUnknown = 6

// Linearizable checks the history with porcupine, given the order in which a replica executed it. Registers that an
// operation touches together are checked together, others apart: a history is linearizable if the parts of it that
// share no object are (Herlihy & Wing, TOPLAS 1990). An operation of unknown outcome counts if a replica executed it,
// which Witness has checked.
func (h *History) Linearizable(order []Execution) error {
	took := make([]bool, len(h.calls))
	for _, e := range order {
		took[e.UID-1] = true
	}
	part := h.parts(took)
	for keys := range uint8(Count) {
		operations, unknown := h.operations(took, func(o *Op) bool { return part[bits.TrailingZeros8(o.touches())] == keys })
		if unknown <= maxUnknown && !porcupine.CheckOperations(model, operations) {
			return fmt.Errorf("the clients' history is not linearizable: %d operations on the registers connected with r%d", len(operations), keys)
		}
	}
	return nil
}

// parts gives every register the number of the lowest one that it is connected with: by operations that touch both,
// or through other registers.
func (h *History) parts(took []bool) (part [Count]uint8) {
	for i := range part {
		part[i] = uint8(i)
	}
	for i := range h.calls {
		o := &h.calls[i].op
		if o.Kind != Multi || !took[i] {
			continue
		}
		first := bits.TrailingZeros8(o.Keys)
		for left := o.Keys; left != 0; left &= left - 1 {
			join(&part, part[first], part[bits.TrailingZeros8(left)])
		}
	}
	return part
}

// join unites two parts.
func join(part *[Count]uint8, a, b uint8) {
	for k := range part {
		if part[k] == a || part[k] == b {
			part[k] = min(a, b)
		}
	}
}

// operations returns the wanted operations that took effect, and how many of them are of unknown outcome.
func (h *History) operations(took []bool, wanted func(*Op) bool) (operations []porcupine.Operation, unknown int) {
	for i := range h.calls {
		c := &h.calls[i]
		if !took[i] || !wanted(&c.op) {
			continue
		}
		o := porcupine.Operation{ClientId: i, Input: c.op, Call: int64(c.called), Return: math.MaxInt64}
		if c.state == Done {
			o.Output, o.Return = c.result, int64(c.returned)
		} else {
			unknown++
		}
		operations = append(operations, o)
	}
	return operations, unknown
}

// Witness checks the history against the order in which a replica executed it: every acknowledged operation is there
// once, replaying the order gives its client's result, and no operation stands behind one that was called after it had
// returned. That implies linearizability, in linear time.
func (h *History) Witness(order []Execution) error {
	position := make([]int, len(h.calls))
	for i, e := range order {
		if e.UID == 0 || e.UID > uint64(len(h.calls)) {
			return fmt.Errorf("slot %d executed operation %d, which no client called", e.Slot, e.UID)
		}
		if position[e.UID-1] != 0 {
			return fmt.Errorf("op%d is executed twice in one log", e.UID)
		}
		position[e.UID-1] = i + 1
	}
	if err := h.replay(order); err != nil {
		return err
	}
	return h.realTime(position)
}

func (h *History) replay(order []Execution) error {
	var v values
	for _, e := range order {
		c := &h.calls[e.UID-1]
		result := c.op.apply(&v)
		if c.state == Done && c.result != result {
			return fmt.Errorf("%v returned %v to the client; executed at slot %d it gives %v", c.op, c.result, e.Slot, result)
		}
	}
	return nil
}

// realTime checks that acknowledged operations are executed, in an order that their calls and returns allow.
func (h *History) realTime(position []int) error {
	var byReturn []int
	for i := range h.calls {
		if h.calls[i].state == Done {
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
