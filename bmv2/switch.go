package bmv2

import (
	"context"
	"fmt"
	"os/exec"
	"time"

	"github.com/netordered/nopaxos/internal/process"
)

// Switch is a running simple_switch_grpc.
type Switch struct {
	config  Config
	process *process.Process
	output  *tail
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
	s := &Switch{config: c, output: &tail{copyTo: c.Output}}
	cmd := exec.Command(c.Binary, c.args()...)
	cmd.Stdout, cmd.Stderr = s.output, s.output
	var err error
	s.process, err = process.Start(process.Config{Name: "bmv2: " + c.Binary, Cmd: cmd, Start: c.Node.Start})
	if err != nil {
		return nil, err
	}
	if err := s.waitServing(ctx); err != nil {
		s.Stop()
		return nil, err
	}
	return s, nil
}

// Ended returns a channel that is closed once the switch has ended.
func (s *Switch) Ended() <-chan struct{} { return s.process.Ended() }

// Err returns the reason why the switch ended. It returns nil while the switch runs and after Stop.
func (s *Switch) Err() error {
	if !s.process.Died() {
		return nil
	}
	return fmt.Errorf("bmv2: %s ended: %w%s", s.config.Binary, s.process.Outcome(), s.output)
}

// PID returns the process id of the switch.
func (s *Switch) PID() int { return s.process.PID() }

// Stop ends the switch and waits for its end: it sends SIGTERM and, after stopTimeout, SIGKILL. Further
// calls do nothing.
func (s *Switch) Stop() {
	_ = s.process.Stop(stopTimeout) // fails only for a process of another user
}
