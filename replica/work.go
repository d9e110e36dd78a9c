package replica

import (
	"iter"
	"sync"
)

// Work is a computation that takes time proportional to the state: encoding a part of a snapshot, or loading one.
// It touches neither the core nor the state that the core executes on, so that it may run on another goroutine
// while the core handles inputs.
type Work struct {
	run  func()
	done func()
}

// Run does the work.
func (w *Work) Run() { w.run() }

// pull is iter.Pull for a caller that may be locked to an operating system thread, as an event loop is. seq runs on
// a goroutine of its own, only during next. stop may be called at any time and waits for nothing: seq, if it has not
// ended, ends by itself.
func pull[T any](seq iter.Seq[T]) (next func() (T, bool), stop func()) {
	resume, values, stopped := make(chan struct{}), make(chan T), make(chan struct{})
	go func() {
		defer close(values)
		wait := func() bool {
			select {
			case <-resume:
				return true
			case <-stopped:
				return false
			}
		}
		if wait() {
			seq(func(v T) bool {
				values <- v
				return wait()
			})
		}
	}()
	next = func() (v T, ok bool) {
		select {
		case resume <- struct{}{}:
			v, ok = <-values
		case <-values: // closed
		}
		return v, ok
	}
	return next, sync.OnceFunc(func() { close(stopped) })
}
