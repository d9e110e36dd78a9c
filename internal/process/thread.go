package process

import (
	"errors"
	"runtime"
	"sync"
)

// Thread runs functions on one operating system thread, which lives until Close. Linux sends a child its
// parent-death signal when the thread that started it ends, and Go ends threads as it likes; children
// started on a Thread live as long as it does.
type Thread struct {
	jobs   chan func()
	end    chan struct{} // closed by Close
	ended  chan struct{} // closed when the thread runs nothing any more
	ending sync.Once
}

// ErrClosed is returned for a function that was to run on a closed Thread.
var ErrClosed = errors.New("the thread is closed, expected an open one")

// NewThread starts a thread.
func NewThread() *Thread {
	t := &Thread{jobs: make(chan func()), end: make(chan struct{}), ended: make(chan struct{})}
	go func() {
		defer close(t.ended)
		runtime.LockOSThread() // never unlocked: the thread ends with this goroutine
		for {
			select {
			case job := <-t.jobs:
				job()
			case <-t.end:
				return
			}
		}
	}()
	return t
}

// Do runs f on the thread and returns its error, or ErrClosed without running it.
func (t *Thread) Do(f func() error) error {
	done := make(chan error, 1)
	select {
	case t.jobs <- func() { done <- f() }:
		return <-done
	case <-t.end:
		return ErrClosed
	}
}

// Close ends the thread, and on Linux every child that was started on it. Closing again does nothing.
func (t *Thread) Close() {
	t.ending.Do(func() { close(t.end) })
	<-t.ended
}
