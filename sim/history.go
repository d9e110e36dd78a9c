package sim

import (
	"errors"
	"fmt"
	"math"
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
)

type call struct {
	client   int
	op       op
	called   time.Duration
	returned time.Duration
	state    callState
	result   uint64
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
	c.result, err = decodeResult(result, c.op.wide)
	if err != nil {
		return fmt.Errorf("%v: %v", c.op, err)
	}
	return nil
}

func (h *history) count(s callState) (n int) {
	for i := range h.calls {
		if h.calls[i].state == s {
			n++
		}
	}
	return n
}

// model is the sequential specification of one register.
var model = porcupine.Model{
	Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
		var byKey [registers][]porcupine.Operation
		for _, o := range history {
			key := o.Input.(op).key
			byKey[key] = append(byKey[key], o)
		}
		return byKey[:]
	},
	Init: func() any { return uint64(0) },
	Step: func(state, input, output any) (bool, any) {
		after, result := input.(op).apply(state.(uint64))
		if output == nil {
			return true, after
		}
		return output.(uint64) == result, after
	},
}

// maxUnknown bounds the operations of unknown outcome, per history, that porcupine is asked about:
// each may take effect at any time until the end, which makes its search exponential. Beyond that
// witness alone decides.
const maxUnknown = 6

// linearizable asks porcupine, per register. An operation of unknown outcome counts if a replica
// executed it, which witness has checked.
func (h *history) linearizable(order []executed) error {
	done := make([]bool, len(h.calls))
	for _, e := range order {
		done[e.uid-1] = true
	}
	var operations []porcupine.Operation
	unknown := 0
	for i := range h.calls {
		c := &h.calls[i]
		if !done[i] {
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
	if unknown <= maxUnknown && !porcupine.CheckOperations(model, operations) {
		return errors.New("the clients' history is not linearizable")
	}
	return nil
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
	var values [registers]uint64
	for _, e := range order {
		c := &h.calls[e.uid-1]
		var result uint64
		values[c.op.key], result = c.op.apply(values[c.op.key])
		if c.state == callDone && c.result != result {
			return fmt.Errorf("%v returned %d to the client; executed at slot %d it gives %d", c.op, c.result, e.slot, result)
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
