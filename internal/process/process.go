package process

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync/atomic"
	"syscall"
	"time"
)

// Config configures a Process.
type Config struct {
	Name string    // in errors, like "replica-0"
	Cmd  *exec.Cmd // not started
	// Log is the path of the file to which standard error is appended, and standard output if Cmd
	// sends it nowhere else. If it is empty, Cmd's own Stdout and Stderr stay.
	Log string
	// Start starts Cmd where the process belongs.
	Start func(*exec.Cmd) error
	// PIDFile, if not empty, is the path of a file that has the process id while the process lives.
	PIDFile string
}

// Process is a child process.
type Process struct {
	cfg     Config
	wanted  atomic.Bool   // its end, by Stop or Kill
	ended   chan struct{} // closed when it has been reaped; the fields below are set before
	outcome error
	died    bool
}

// Start starts a child process.
func Start(cfg Config) (*Process, error) {
	if cfg.Log != "" {
		log, err := os.OpenFile(cfg.Log, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
		if err != nil {
			return nil, fmt.Errorf("%s: log file: %w", cfg.Name, err)
		}
		defer log.Close() // the child has its own descriptor
		cfg.Cmd.Stderr = log
		if cfg.Cmd.Stdout == nil {
			cfg.Cmd.Stdout = log
		}
	}
	cfg.Cmd.SysProcAttr = childAttributes()
	if err := cfg.Start(cfg.Cmd); err != nil {
		return nil, fmt.Errorf("%s: %w", cfg.Name, err)
	}
	p := &Process{cfg: cfg, ended: make(chan struct{})}
	err := p.writePID()
	go p.reap()
	if err != nil {
		return nil, errors.Join(err, p.Kill())
	}
	return p, nil
}

func (p *Process) writePID() error {
	if p.cfg.PIDFile == "" {
		return nil
	}
	if err := os.WriteFile(p.cfg.PIDFile, fmt.Appendln(nil, p.PID()), 0o600); err != nil {
		return fmt.Errorf("%s: pid file: %w", p.cfg.Name, err)
	}
	return nil
}

func (p *Process) reap() {
	p.outcome = p.cfg.Cmd.Wait()
	p.died = !p.wanted.Load()
	if p.outcome == nil {
		p.outcome = errors.New("exit status 0")
	}
	if p.cfg.PIDFile != "" {
		os.Remove(p.cfg.PIDFile) // or it may name another process later
	}
	close(p.ended)
}

// Name returns the configured name.
func (p *Process) Name() string { return p.cfg.Name }

// PID returns the process id.
func (p *Process) PID() int { return p.cfg.Cmd.Process.Pid }

// Ended returns a channel that is closed when the process has been reaped.
func (p *Process) Ended() <-chan struct{} { return p.ended }

// Died reports whether the process has ended before Stop or Kill was called.
func (p *Process) Died() bool {
	select {
	case <-p.ended:
		return p.died
	default:
		return false
	}
}

// Kill ends the process without a warning, as a crash would, and returns when it has been reaped.
func (p *Process) Kill() error {
	if err := p.signal(syscall.SIGKILL); err != nil {
		return err
	}
	<-p.ended
	return nil
}

// Stop asks the process to end, kills it if it has not ended after patience, and returns when it has been
// reaped.
func (p *Process) Stop(patience time.Duration) error {
	if err := p.signal(syscall.SIGTERM); err != nil {
		return err
	}
	return p.Wait(patience)
}

// Wait is Stop for a process that has been asked to end in another way.
func (p *Process) Wait(patience time.Duration) error {
	p.wanted.Store(true)
	select {
	case <-p.ended:
		return nil
	case <-time.After(patience):
		return p.Kill()
	}
}

// signal sends a signal that ends the process. It is no error if the process has ended already.
func (p *Process) signal(sig syscall.Signal) error {
	p.wanted.Store(true)
	if err := p.cfg.Cmd.Process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("%s: %w", p.cfg.Name, err)
	}
	return nil
}

// Failure returns nil while the process runs. After its end it returns why it ended: the last line of its
// log, or else its exit status.
func (p *Process) Failure() error {
	select {
	case <-p.ended:
	default:
		return nil
	}
	if words := p.lastWords(); words != "" {
		return fmt.Errorf("%s ended (%w): %s", p.cfg.Name, p.outcome, words)
	}
	return fmt.Errorf("%s ended: %w, see %s", p.cfg.Name, p.outcome, p.cfg.Log)
}

// Outcome returns the exit status as an error, also of a process that succeeded. Ended is closed.
func (p *Process) Outcome() error { return p.outcome }

// lastWords returns the last line of the log.
func (p *Process) lastWords() string {
	const enough = 4096
	f, err := os.Open(p.cfg.Log)
	if err != nil {
		return ""
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.Size() > enough {
		if _, err := f.Seek(-enough, io.SeekEnd); err != nil {
			return ""
		}
	}
	text, err := io.ReadAll(io.LimitReader(f, enough))
	if err != nil {
		return ""
	}
	lines := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
	return string(lines[len(lines)-1])
}
