package progress

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
)

// Line is a status line. Its methods may be called by several goroutines.
type Line struct {
	mu       sync.Mutex
	out      io.Writer
	terminal bool
	every    time.Duration
	now      func() time.Time
	shown    time.Time
	pending  bool // the status line on the terminal has no newline yet
}

// terminalEvery is the shortest time between two updates on a terminal.
const terminalEvery = 100 * time.Millisecond

// New returns a status line on out. On a terminal it is updated at most ten times a second, elsewhere once per
// every. The first update comes after the first such interval.
func New(out io.Writer, every time.Duration) *Line {
	return newLine(out, isTerminal(out), every, time.Now)
}

func newLine(out io.Writer, terminal bool, every time.Duration, now func() time.Time) *Line {
	if terminal {
		every = terminalEvery
	}
	return &Line{out: out, terminal: terminal, every: every, now: now, shown: now()}
}

// isTerminal reports whether lines written to w can be overwritten.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// Show updates the status line if an update is due. Otherwise it does not call text.
func (l *Line) Show(text func() string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	if now.Sub(l.shown) < l.every {
		return
	}
	l.shown = now
	if !l.terminal {
		fmt.Fprintln(l.out, text())
		return
	}
	const clearToEnd = "\x1b[K"
	fmt.Fprint(l.out, "\r", text(), clearToEnd)
	l.pending = true
}

// ShowOnTerminal is Show for updates that would clutter a log.
func (l *Line) ShowOnTerminal(text func() string) {
	if l.terminal {
		l.Show(text)
	}
}

// Print writes text, which may have several lines, above the status line.
func (l *Line) Print(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.end()
	fmt.Fprintln(l.out, text)
}

// End ends the status line, so that other output can follow.
func (l *Line) End() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.end()
}

func (l *Line) end() {
	if l.pending {
		fmt.Fprintln(l.out)
		l.pending = false
	}
}

const barWidth = 30

// Bar draws a progress bar: "[#########.....................] 3/10".
func Bar(done, total int) string {
	filled := min(max(barWidth*done/max(total, 1), 0), barWidth)
	return fmt.Sprintf("[%s%s] %d/%d", strings.Repeat("#", filled), strings.Repeat(".", barWidth-filled), done, total)
}
