package load

import (
	"time"

	"github.com/anishathalye/porcupine"
)

// value is what a key holds: the number of the write that put it there; 0: nothing yet. Every write
// has its own number.
type value uint64

// operation is one read or write of one key, as its caller saw it.
type operation struct {
	key       int
	write     bool
	unknown   bool // the outcome
	value     value
	call, end time.Duration // since the start of the run
}

// keyWindow is a part of one key's history that is checked by itself: see the package's comment.
type keyWindow struct {
	initial value
	ops     []operation // those with an outcome, and the unknown writes so far
	closing operation   // the read at its end
}

// verdict is what a check found.
type verdict struct {
	illegal   bool // not linearizable
	undecided bool // the checker ran out of time
	lost      int  // acknowledged writes that the closing read shows to be gone
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

// check judges the window.
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

// lost counts the acknowledged writes that the closing read shows to be gone: those that were called
// after the write of the value it read had returned; they, or a later write, should have been read. If
// the value was there before the window, or nobody wrote it, that is every acknowledged write of the
// window. If the outcome of the value's write is unknown, it may have taken effect last: then none is.
// It is implied by linearizability, and says more plainly what a user fears most.
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

// unresolved returns the unknown writes whose value nobody has read yet: they may still take effect.
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
