package devcluster

import (
	"os/exec"
	"runtime"
)

// spawner starts processes from one operating system thread that it keeps. Linux sends a child its
// parent-death signal when the *thread* that started it ends, and Go ends threads as it likes; so the
// thread has to live as long as the cluster.
type spawner struct{ jobs chan func() }

func newSpawner() *spawner {
	s := &spawner{jobs: make(chan func())}
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with this goroutine
		for job := range s.jobs {
			job()
		}
	}()
	return s
}

func (s *spawner) start(cmd *exec.Cmd) error {
	done := make(chan error)
	s.jobs <- func() { done <- cmd.Start() }
	return <-done
}

// close ends the thread, and with it every child that still lives.
func (s *spawner) close() { close(s.jobs) }
