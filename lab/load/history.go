package load

import (
	"time"

	"github.com/anishathalye/porcupine"
)

// value is the value of a key: the number of the write that set it, or 0 for a missing key. Every write has
// its own number.
type value uint64

// operation is one read or write of one key, as observed by its caller.
type operation struct {
	key       int
	write     bool
	unknown   bool // the outcome
	value     value
	call, end time.Duration // since the start of the run
}

// keyWindow is a separately checked part of one key's history; see the package comment.
type keyWindow struct {
	initial value
	ops     []operation // completed ones, and all unknown writes so far
	closing operation   // the read at its end
}

// verdict is the outcome of a check.
type verdict struct {
	illegal   bool // not linearizable
	undecided bool // the checker ran out of time
	lost      int  // acknowledged writes missing from the closing read
}

// register is the sequential specification of a key.
var register = porcupine.Model{
	Init: func() any { return value(0) },
	Step: func(state, input, output any) (bool, any) {
		o := input.(*operation)
		if o.write {
			return true, o.value
		}
		return state.(value) == o.value, state
	},
}

// checkTimeout bounds one key's check.
const checkTimeout = 30 * time.Second

// check checks the window.
func (w *keyWindow) check() verdict {
	model := register
	model.Init = func() any { return w.initial }
	history := make([]porcupine.Operation, 0, len(w.ops)+1)
	for i := range w.ops {
		o := &w.ops[i]
		history = append(history, porcupine.Operation{ClientId: i, Input: o, Call: int64(o.call), Return: int64(o.end)})
	}
	history = append(history, porcupine.Operation{
		ClientId: len(w.ops), Input: &w.closing, Call: int64(w.closing.call), Return: int64(w.closing.end),
	})
	v := verdict{lost: w.lost()}
	switch porcupine.CheckOperationsTimeout(model, history, checkTimeout) {
	case porcupine.Illegal:
		v.illegal = true
	case porcupine.Unknown:
		v.undecided = true
	}
	return v
}

// lost counts the acknowledged writes that the closing read misses: those called after the write of the value
// that it returned had completed. It should have returned one of them or a later write. If that value
// predates the window, or was never written, all acknowledged writes of the window are lost. If the write of
// that value has an unknown outcome, it may have taken effect last, and none is lost.
//
// Linearizability implies that no write is lost, but lost writes are what users fear most.
func (w *keyWindow) lost() int {
	end := time.Duration(-1) // before every call
	for _, o := range w.ops {
		if o.write && o.value == w.closing.value {
			end = o.end
		}
	}
	n := 0
	for _, o := range w.ops {
		if o.write && !o.unknown && o.call > end {
			n++
		}
	}
	return n
}

// unresolved returns the unknown writes whose value has not been read yet: they may still take effect.
func (w *keyWindow) unresolved() []operation {
	var open []operation
	for _, o := range w.ops {
		if o.write && o.unknown && !w.wasRead(o.value) {
			open = append(open, o)
		}
	}
	return open
}

func (w *keyWindow) wasRead(v value) bool {
	if w.closing.value == v {
		return true
	}
	for _, o := range w.ops {
		if !o.write && o.value == v {
			return true
		}
	}
	return false
}
