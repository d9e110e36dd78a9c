package baselines

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/anishathalye/porcupine"
)

// call is what a client asked and was told.
type call struct {
	client   int
	op       op
	called   time.Duration
	returned time.Duration // if done
	done     bool
	result   uint64
}

// history is all calls, by number - 1.
type history struct{ calls []call }

func (h *history) next() uint64 { return uint64(len(h.calls)) + 1 }

func (h *history) call(client int, o op, now time.Duration) {
	h.calls = append(h.calls, call{client: client, op: o, called: now})
}

// done takes an outcome.
func (h *history) done(uid uint64, result []byte, err error, now time.Duration) error {
	c := &h.calls[uid-1]
	switch {
	case c.done:
		return fmt.Errorf("%v has a second outcome", c.op)
	case err != nil:
		return fmt.Errorf("%v: %w", c.op, err)
	case len(result) != 8+int(c.op.wide):
		return fmt.Errorf("%v: result of %d bytes, expected %d", c.op, len(result), 8+int(c.op.wide))
	}
	c.done, c.returned, c.result = true, now, binary.BigEndian.Uint64(result)
	return nil
}

// pending is the number of calls without an outcome.
func (h *history) pending() (n int) {
	for i := range h.calls {
		if !h.calls[i].done {
			n++
		}
	}
	return n
}

// model is the sequential specification of one register.
var model = porcupine.Model{
	Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
		byKey := make([][]porcupine.Operation, registers)
		for _, o := range history {
			key := o.Input.(op).key
			byKey[key] = append(byKey[key], o)
		}
		return byKey
	},
	Init: func() any { return uint64(0) },
	Step: func(state, input, output any) (bool, any) {
		after, result := input.(op).apply(state.(uint64))
		return output == nil || output.(uint64) == result, after
	},
}

// linearizable asks porcupine. A call without an outcome may take effect at any time.
func (h *history) linearizable() error {
	operations := make([]porcupine.Operation, 0, len(h.calls))
	for i := range h.calls {
		c := &h.calls[i]
		o := porcupine.Operation{ClientId: i, Input: c.op, Call: int64(c.called), Return: math.MaxInt64}
		if c.done {
			o.Output, o.Return = c.result, int64(c.returned)
		}
		operations = append(operations, o)
	}
	if porcupine.CheckOperationsTimeout(model, operations, checkFor) == porcupine.Illegal {
		return errors.New("the clients' history is not linearizable")
	}
	return nil
}

// checkFor bounds porcupine's search, which is exponential in the calls that have no outcome. There are
// none of those but in a run that has failed already.
const checkFor = 10 * time.Second

// acknowledged checks that what clients were told to be done was executed.
func (h *history) acknowledged(m *machine) error {
	for i := range h.calls {
		if c := &h.calls[i]; c.done && !m.done[c.op.uid] {
			return fmt.Errorf("%v was acknowledged and is not executed", c.op)
		}
	}
	return nil
}
