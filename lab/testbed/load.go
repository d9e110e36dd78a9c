//go:build linux

package testbed

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"strings"
	"sync"

	"github.com/netordered/nopaxos/lab/load"
)

// Load is `nopaxos-lab load` on the client's host.
type Load struct {
	cmd   *exec.Cmd
	marks io.WriteCloser
	out   bytes.Buffer

	marking sync.Mutex // around marks
}

// LoadConfig configures a Load.
type LoadConfig struct {
	Lab      string // the nopaxos-lab binary
	File     string // the cluster file
	Seed     uint64
	Workers  int       // on each path
	Progress io.Writer // gets a line a second
}

// StartLoad starts a load that lasts until End.
func (b *Bed) StartLoad(c LoadConfig) (*Load, error) {
	l := &Load{cmd: exec.Command(c.Lab, "load", "--json", "--marks", "--duration", "0", "--cluster", c.File,
		"--seed", strconv.FormatUint(c.Seed, 10), "--workers", strconv.Itoa(c.Workers))}
	l.cmd.Stdout, l.cmd.Stderr = &l.out, c.Progress
	var err error
	if l.marks, err = l.cmd.StdinPipe(); err != nil {
		return nil, fmt.Errorf("load: %w", err)
	}
	if err := b.Start(Client, l.cmd); err != nil {
		return nil, fmt.Errorf("load: %w", err)
	}
	return l, nil
}

// Mark names an event that happens now. The load reports the longest gap in service from each event to the
// next mark. It does not report the time after an empty name.
func (l *Load) Mark(name string) error {
	l.marking.Lock()
	defer l.marking.Unlock()
	if strings.Contains(name, "\n") {
		return fmt.Errorf("load: mark %q has more than one line, expected one", name)
	}
	if _, err := fmt.Fprintln(l.marks, name); err != nil {
		return fmt.Errorf("load: mark %q: %w", name, err)
	}
	return nil
}

// End stops the load and returns its report, whether or not everything held.
func (l *Load) End() (*load.Report, error) {
	_ = l.marks.Close() // Wait reports a failed process
	ended := l.cmd.Wait()
	var report load.Report
	if err := json.Unmarshal(l.out.Bytes(), &report); err != nil {
		return nil, fmt.Errorf("load: no report (%v): %w", ended, err)
	}
	return &report, nil
}
