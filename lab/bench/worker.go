package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/netordered/nopaxos/internal/process"
	"github.com/netordered/nopaxos/lab/bench/role"
)

// worker is the process of a role.
type worker struct {
	*process.Process
	kind string // like "replica"

	in      io.WriteCloser   // nil: it takes no orders
	greeted bool             // it has announced that it takes orders
	answers chan role.Answer // closed when the process has ended
}

// spawn starts a process. A process with a spec takes orders.
func spawn(p place, name, kind, dir string, spec *role.Spec, binary string, args ...string) (*worker, error) {
	w := &worker{kind: kind, answers: make(chan role.Answer, 1)}
	cmd := exec.Command(binary, args...)
	answers, out := io.Pipe()
	if spec != nil {
		var err error
		if w.in, err = cmd.StdinPipe(); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		cmd.Stdout = out
	}
	var err error
	w.Process, err = process.Start(process.Config{
		Name: name, Cmd: cmd, Log: filepath.Join(dir, name+".log"),
		Start: func(cmd *exec.Cmd) error { return p.Start(name, cmd) },
	})
	if err != nil || spec == nil {
		return w, err
	}
	go w.listen(answers)
	go func() {
		<-w.Ended()
		_ = out.Close() // a pipe in memory
	}()
	if err := json.NewEncoder(w.in).Encode(spec); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", name, err), w.stop())
	}
	return w, nil
}

// listen passes the process's answers on until its end.
func (w *worker) listen(out io.Reader) {
	defer close(w.answers)
	const maxLine = 16 << 20
	lines := bufio.NewScanner(out)
	lines.Buffer(make([]byte, 64<<10), maxLine)
	for lines.Scan() {
		var a role.Answer
		if err := json.Unmarshal(lines.Bytes(), &a); err != nil {
			a.Error = fmt.Sprintf("malformed answer: %v", err)
		}
		w.answers <- a
	}
}

// ready waits until the process takes orders, if it ever does.
func (w *worker) ready(ctx context.Context) error {
	if w.in == nil || w.greeted {
		return nil
	}
	_, err := w.answer(ctx)
	w.greeted = err == nil
	return err
}

// answer waits for the next answer.
func (w *worker) answer(ctx context.Context) (role.Answer, error) {
	select {
	case a, ok := <-w.answers:
		if !ok {
			return a, w.Failure()
		}
		if a.Error != "" {
			return a, fmt.Errorf("%s: %s", w.Name(), a.Error)
		}
		return a, nil
	case <-ctx.Done():
		return role.Answer{}, fmt.Errorf("%s does not answer: %w", w.Name(), context.Cause(ctx))
	}
}

// ask gives an order and waits for its answer.
func (w *worker) ask(ctx context.Context, o role.Order) (role.Answer, error) {
	if err := w.order(o); err != nil {
		return role.Answer{}, err
	}
	return w.answer(ctx)
}

// order gives an order. The caller has to wait for the answer.
func (w *worker) order(o role.Order) error {
	if err := json.NewEncoder(w.in).Encode(o); err != nil {
		return errors.Join(fmt.Errorf("%s: %w", w.Name(), err), w.Failure())
	}
	return nil
}

// stopPatience bounds how long a role may take to end by itself.
const stopPatience = 2 * time.Second

// stop ends the process and returns when it is gone.
func (w *worker) stop() error {
	if w.in == nil {
		return w.Stop(stopPatience)
	}
	go func() {
		for range w.answers { // to orders that were given up
		}
	}()
	_ = w.in.Close() // a role ends with its input
	return w.Wait(stopPatience)
}
