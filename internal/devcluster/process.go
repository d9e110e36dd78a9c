package devcluster

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// process is one role: at most one operating system process at a time.
type process struct {
	name      string // like "replica-0"
	dir       string // the cluster's
	binary    string
	args      []string // of every start
	firstArgs []string // of the first start besides
	http      netip.AddrPort
	hosts     hosts
	died      func(p *process, life time.Duration, how error) // called when it ended and nobody had asked it to

	reaping sync.WaitGroup // of every process that was started

	mu       sync.Mutex
	cmd      *exec.Cmd     // nil: it does not run
	ended    chan struct{} // closed when cmd has been reaped
	asked    bool          // somebody wanted it to end
	started  bool          // ever
	why      error         // how it ended last
	restarts int
}

// start runs the role. It is an error if it runs already.
func (p *process) start() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd != nil {
		return fmt.Errorf("%s runs already, with process id %d", p.name, p.cmd.Process.Pid)
	}
	log, err := os.OpenFile(p.path(".log"), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("%s: log file: %w", p.name, err)
	}
	defer log.Close() // the child has its own descriptor
	args := p.args
	if !p.started {
		args = append(args[:len(args):len(args)], p.firstArgs...)
	}
	cmd := exec.Command(p.binary, args...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = childAttributes()
	if err := p.hosts.start(p.name, cmd); err != nil {
		return fmt.Errorf("%s: %w", p.name, err)
	}
	if p.started {
		p.restarts++
	}
	p.cmd, p.ended, p.asked, p.started, p.why = cmd, make(chan struct{}), false, true, nil
	ended, since := p.ended, time.Now()
	p.reaping.Go(func() { p.reap(cmd, ended, since) })
	if err := os.WriteFile(p.path(".pid"), []byte(strconv.Itoa(cmd.Process.Pid)+"\n"), 0o600); err != nil {
		return fmt.Errorf("%s: pid file: %w", p.name, err)
	}
	return nil
}

func (p *process) reap(cmd *exec.Cmd, ended chan struct{}, since time.Time) {
	err := cmd.Wait()
	p.mu.Lock()
	asked := p.asked
	if err == nil {
		err = errors.New("exit status 0")
	}
	p.cmd, p.why = nil, err
	// A pid file that outlives its process may name somebody else's.
	os.Remove(p.path(".pid"))
	close(ended)
	p.mu.Unlock()
	if !asked {
		p.died(p, time.Since(since), err)
	}
}

// kill ends the role without a warning, as a crash would, and waits until it is gone.
func (p *process) kill() error {
	ended, err := p.signal(syscall.SIGKILL)
	if err != nil {
		return err
	}
	<-ended
	return nil
}

// stop asks the role to end and kills it when it has not done so after patience.
func (p *process) stop(patience time.Duration) {
	ended, err := p.signal(syscall.SIGTERM)
	if err != nil {
		return // it does not run
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-ended:
	case <-timer.C:
		_ = p.kill()
	}
}

// signal says that the role's end is wanted.
func (p *process) signal(sig syscall.Signal) (ended <-chan struct{}, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd == nil {
		return nil, fmt.Errorf("%s does not run", p.name)
	}
	p.asked = true
	if err := p.cmd.Process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return nil, fmt.Errorf("%s: %w", p.name, err)
	}
	return p.ended, nil
}

// pid is the role's process id; 0 when it does not run.
func (p *process) pid() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd == nil {
		return 0
	}
	return p.cmd.Process.Pid
}

// failure is why the role ended, nil if it runs: its last words, or else its exit status.
func (p *process) failure() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd != nil || p.why == nil {
		return nil
	}
	if words := p.lastWords(); words != "" {
		return fmt.Errorf("%s ended (%v): %s", p.name, p.why, words)
	}
	return fmt.Errorf("%s ended: %w, see %s", p.name, p.why, p.path(".log"))
}

// lastWords is the last line of the role's log.
func (p *process) lastWords() string {
	const enough = 4096
	f, err := os.Open(p.path(".log"))
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

func (p *process) path(suffix string) string { return filepath.Join(p.dir, p.name+suffix) }
