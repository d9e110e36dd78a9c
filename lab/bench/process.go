package bench

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/netordered/nopaxos/lab/bench/role"
)

// process is a role that runs.
type process struct {
	name string // like "replica-0"
	kind string // like "replica"
	cmd  *exec.Cmd
	log  string // path

	in      io.WriteCloser // nil: it takes no orders
	greeted bool           // it has said that it takes orders
	answers chan role.Answer
	ended   chan struct{} // closed when it was reaped
}

// spawn starts a process. One with a Spec takes orders.
func spawn(p place, name, kind, dir string, spec *role.Spec, binary string, args ...string) (*process, error) {
	w := &process{
		name: name, kind: kind, log: filepath.Join(dir, name+".log"),
		answers: make(chan role.Answer, 1), ended: make(chan struct{}),
	}
	w.cmd = exec.Command(binary, args...)
	w.cmd.SysProcAttr = childAttributes()
	log, err := os.Create(w.log)
	if err != nil {
		return nil, fmt.Errorf("%s: log: %w", name, err)
	}
	defer log.Close() // the child has its own descriptor
	w.cmd.Stderr = log
	var out io.Reader
	if spec != nil {
		if w.in, err = w.cmd.StdinPipe(); err == nil {
			out, err = w.cmd.StdoutPipe()
		}
	}
	if err == nil {
		err = p.start(name, w.cmd)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	go w.listen(out)
	if spec == nil {
		return w, nil
	}
	if err := json.NewEncoder(w.in).Encode(spec); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", name, err), w.stop())
	}
	return w, nil
}

// listen hands over the process's answers until its end.
func (w *process) listen(out io.Reader) {
	if out != nil {
		const maxLine = 16 << 20
		lines := bufio.NewScanner(out)
		lines.Buffer(make([]byte, 64<<10), maxLine)
		for lines.Scan() {
			var a role.Answer
			if err := json.Unmarshal(lines.Bytes(), &a); err != nil {
				a.Error = fmt.Sprintf("answer that cannot be read: %v", err)
			}
			w.answers <- a
		}
	}
	_ = w.cmd.Wait() // how it ended, its log tells better
	close(w.ended)
}

// ready waits until the process takes orders, if it ever does.
func (w *process) ready(ctx context.Context) error {
	if w.in == nil || w.greeted {
		return nil
	}
	_, err := w.answer(ctx)
	w.greeted = err == nil
	return err
}

// answer waits for the next answer.
func (w *process) answer(ctx context.Context) (role.Answer, error) {
	select {
	case a := <-w.answers:
		if a.Error != "" {
			return a, fmt.Errorf("%s: %s", w.name, a.Error)
		}
		return a, nil
	case <-w.ended:
		return role.Answer{}, fmt.Errorf("%s ended: %s", w.name, w.lastWords())
	case <-ctx.Done():
		return role.Answer{}, fmt.Errorf("%s does not answer: %w", w.name, context.Cause(ctx))
	}
}

// ask gives an order and waits for its answer.
func (w *process) ask(ctx context.Context, o role.Order) (role.Answer, error) {
	if err := w.order(o); err != nil {
		return role.Answer{}, err
	}
	return w.answer(ctx)
}

// order gives an order whose answer is to be waited for.
func (w *process) order(o role.Order) error {
	if err := json.NewEncoder(w.in).Encode(o); err != nil {
		return fmt.Errorf("%s: %w: %s", w.name, err, w.lastWords())
	}
	return nil
}

// stopPatience is how long a role may take to end by itself.
const stopPatience = 2 * time.Second

// stop ends the process, and returns when it is gone.
func (w *process) stop() error {
	if w.in != nil {
		_ = w.in.Close() // its end of input
	} else {
		_ = w.cmd.Process.Signal(os.Interrupt) // gone already: no matter
	}
	timer := time.NewTimer(stopPatience)
	defer timer.Stop()
	for {
		select {
		case <-w.ended:
			return nil
		case <-w.answers: // of an order that nobody waits for any more
		case <-timer.C:
			return w.kill()
		}
	}
}

// kill ends the process as a crash would.
func (w *process) kill() error {
	if err := w.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("%s: %w", w.name, err)
	}
	for {
		select {
		case <-w.ended:
			return nil
		case <-w.answers:
		}
	}
}

// lastWords is the last line of the process's log.
func (w *process) lastWords() string {
	text, err := os.ReadFile(w.log)
	if err != nil {
		return err.Error()
	}
	lines := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
	return string(lines[len(lines)-1])
}
