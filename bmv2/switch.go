package bmv2

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Switch is a running simple_switch_grpc.
type Switch struct {
	config Config
	cmd    *exec.Cmd
	output *tail

	stopping atomic.Bool   // Stop was called
	ended    chan struct{} // closed once the process has been reaped
	err      error         // set before ended is closed: the cause; nil after Stop

	stop sync.Once
}

// stopTimeout is the time between SIGTERM and SIGKILL.
const stopTimeout = 2 * time.Second

// Start starts a switch and returns once its P4Runtime server answers. It fails, and ends the switch,
// if ctx is done first. The error wraps ErrConfig, ErrNotInstalled if simple_switch_grpc is missing, or
// ErrNoInterface if an interface is missing.
func Start(ctx context.Context, c Config) (*Switch, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	if c.Binary == "" {
		path, err := Find()
		if err != nil {
			return nil, err
		}
		c.Binary = path
	}
	if c.Node == nil {
		c.Node = local{}
	}
	if err := checkInterfaces(c.Node, c.Ports); err != nil {
		return nil, err
	}
	s := &Switch{config: c, output: &tail{copyTo: c.Output}, ended: make(chan struct{})}
	if err := s.spawn(); err != nil {
		return nil, err
	}
	if err := s.waitServing(ctx); err != nil {
		s.Stop()
		return nil, err
	}
	return s, nil
}

// spawn starts the process. The thread that starts the process also waits for it: Linux kills a child
// when the thread that started it ends, and the Go runtime may end any thread.
func (s *Switch) spawn() error {
	s.cmd = exec.Command(s.config.Binary, s.config.args()...)
	s.cmd.Stdout, s.cmd.Stderr = s.output, s.output
	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with this goroutine
		err := s.config.Node.Start(s.cmd)
		started <- err
		if err == nil {
			s.reap()
		}
	}()
	if err := <-started; err != nil {
		return fmt.Errorf("bmv2: start %s: %w", s.config.Binary, err)
	}
	return nil
}

func (s *Switch) reap() {
	err := s.cmd.Wait()
	if !s.stopping.Load() {
		if err == nil {
			err = errors.New("exit status 0")
		}
		s.err = fmt.Errorf("bmv2: %s ended: %w%s", s.config.Binary, err, s.output)
	}
	close(s.ended)
}

// Ended returns a channel that is closed once the switch has ended.
func (s *Switch) Ended() <-chan struct{} { return s.ended }

// Err returns the reason why the switch ended. It returns nil while the switch runs and after Stop.
func (s *Switch) Err() error {
	select {
	case <-s.ended:
		return s.err
	default:
		return nil
	}
}

// PID returns the process id of the switch.
func (s *Switch) PID() int { return s.cmd.Process.Pid }

// Stop ends the switch and waits for its end: it sends SIGTERM and, after stopTimeout, SIGKILL. Further
// calls only wait.
func (s *Switch) Stop() {
	s.stop.Do(func() {
		s.stopping.Store(true)
		// Signal fails only if the switch has ended.
		_ = s.cmd.Process.Signal(syscall.SIGTERM)
		timer := time.NewTimer(stopTimeout)
		defer timer.Stop()
		select {
		case <-s.ended:
		case <-timer.C:
			_ = s.cmd.Process.Kill()
		}
	})
	<-s.ended
}
