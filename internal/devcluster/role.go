package devcluster

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/netordered/nopaxos/internal/process"
)

// role is one role of the cluster. At most one process runs it at a time.
type role struct {
	name      string // like "replica-0"
	dir       string // the cluster's
	binary    string
	args      []string // of every start
	firstArgs []string // of the first start only, behind args
	start     func(role string, cmd *exec.Cmd) error
	died      func(r *role, life time.Duration, outcome error) // called when a process ended by itself

	watching sync.WaitGroup // of every process that was started

	mu       sync.Mutex
	process  *process.Process // the latest; nil before the first start
	restarts int
}

// launch starts the role. It is an error if the role runs already.
func (r *role) launch() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.running() {
		return fmt.Errorf("%s runs already, with process id %d", r.name, r.process.PID())
	}
	args := r.args
	if r.process == nil {
		args = append(args[:len(args):len(args)], r.firstArgs...)
	} else {
		r.restarts++
	}
	started := time.Now()
	p, err := process.Start(process.Config{
		Name: r.name, Cmd: exec.Command(r.binary, args...), Log: r.path(".log"),
		PIDFile: r.path(".pid"),
		Start:   func(cmd *exec.Cmd) error { return r.start(r.name, cmd) },
	})
	if err != nil {
		return err
	}
	r.process = p
	r.watching.Go(func() {
		<-p.Ended()
		if p.Died() {
			r.died(r, time.Since(started), p.Outcome())
		}
	})
	return nil
}

// running reports whether a process runs the role. The caller holds mu.
func (r *role) running() bool {
	if r.process == nil {
		return false
	}
	select {
	case <-r.process.Ended():
		return false
	default:
		return true
	}
}

// current returns the process that runs the role, or nil.
func (r *role) current() *process.Process {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.running() {
		return nil
	}
	return r.process
}

// kill ends the role as a crash would and returns when it is gone.
func (r *role) kill() error {
	p := r.current()
	if p == nil {
		return fmt.Errorf("%s does not run", r.name)
	}
	return p.Kill()
}

// stop ends the role cleanly if it can, and returns when it is gone.
func (r *role) stop() error {
	defer r.watching.Wait()
	if p := r.current(); p != nil {
		return p.Stop(stopPatience)
	}
	return nil
}

// pid returns the role's process id, or 0 if it does not run.
func (r *role) pid() int {
	if p := r.current(); p != nil {
		return p.PID()
	}
	return 0
}

// failure returns why the role ended, or nil if it runs.
func (r *role) failure() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.process == nil {
		return nil
	}
	return r.process.Failure()
}

// commandLine returns the command that starts the role by hand.
func (r *role) commandLine() string { return r.binary + " " + strings.Join(r.args, " ") }

func (r *role) path(suffix string) string { return filepath.Join(r.dir, r.name+suffix) }
