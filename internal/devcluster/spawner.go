package devcluster

import (
	"errors"
	"os/exec"
	"runtime"
	"sync"
)

// spawner starts processes from one operating system thread that it keeps. Linux sends a child its
// parent-death signal when the *thread* that started it ends, and Go ends threads as it likes; so the
// thread has to live as long as the cluster.
type spawner struct {
	jobs   chan func()
	end    chan struct{} // closed by close
	ending sync.Once
}

// errStopped says that a role was to start in a cluster that has been stopped.
var errStopped = errors.New("the cluster is stopped, expected a running one")

func newSpawner() *spawner {
	s := &spawner{jobs: make(chan func()), end: make(chan struct{})}
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with this goroutine
		for {
			select {
			case job := <-s.jobs:
				job()
			case <-s.end:
				return
			}
		}
	}()
	return s
}

// start starts a process; errStopped once the spawner is closed.
func (s *spawner) start(cmd *exec.Cmd) error {
	done := make(chan error, 1)
	select {
	case s.jobs <- func() { done <- cmd.Start() }:
		return <-done
	case <-s.end:
		return errStopped
	}
}

// close ends the thread, and with it every child that still lives.
func (s *spawner) close() { s.ending.Do(func() { close(s.end) }) }
