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
	words  *lastWords

	asked atomic.Bool   // somebody wanted it to end
	ended chan struct{} // closed when it has been reaped
	err   error         // why it ended, once ended is closed; nil if somebody asked

	stop sync.Once
}

// patience is how long a switch may take to end by itself.
const patience = 2 * time.Second

// Start starts a switch and returns when its P4Runtime server answers. If ctx is done before that, or the
// switch ends, there is none. The error wraps ErrNotInstalled where simple_switch_grpc is missing, and
// ErrNoInterface where an interface is.
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
	s := &Switch{config: c, words: &lastWords{}, ended: make(chan struct{})}
	if err := s.spawn(); err != nil {
		return nil, err
	}
	if err := s.waitServing(ctx); err != nil {
		s.Stop()
		return nil, err
	}
	return s, nil
}

// spawn starts the process. The thread that starts it waits for it: Linux kills a child when the thread
// that started it ends, and Go ends threads as it likes.
func (s *Switch) spawn() error {
	s.cmd = exec.Command(s.config.Binary, s.config.args()...)
	s.cmd.Stdout = s.words
	if s.config.Output != nil {
		s.words.copyTo = s.config.Output
	}
	s.cmd.Stderr = s.words
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
	if !s.asked.Load() {
		if err == nil {
			err = errors.New("exit status 0")
		}
		s.err = fmt.Errorf("bmv2: %s ended: %w%s", s.config.Binary, err, s.words)
	}
	close(s.ended)
}

// Ended is closed when the switch does not run any more.
func (s *Switch) Ended() <-chan struct{} { return s.ended }

// Err says why the switch ended, once Ended is closed; nil if it was stopped.
func (s *Switch) Err() error {
	select {
	case <-s.ended:
		return s.err
	default:
		return nil
	}
}

// PID is the process id of the switch.
func (s *Switch) PID() int { return s.cmd.Process.Pid }

// Stop ends the switch and returns when it is gone: it is asked first, and killed when it does not end
// soon. Stopping again does nothing.
func (s *Switch) Stop() {
	s.stop.Do(func() {
		s.asked.Store(true)
		// An error says that it is gone already.
		_ = s.cmd.Process.Signal(syscall.SIGTERM)
		timer := time.NewTimer(patience)
		defer timer.Stop()
		select {
		case <-s.ended:
		case <-timer.C:
			_ = s.cmd.Process.Kill()
		}
	})
	<-s.ended
}
