package progress

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
)

// Line is the line that says how far the work has come. Its methods may be called by several goroutines.
type Line struct {
	mu       sync.Mutex
	out      io.Writer
	terminal bool
	every    time.Duration
	now      func() time.Time
	shown    time.Time
	pending  bool // the terminal's line is not ended
}

// terminalEvery is the pause between two signs of progress where they overwrite each other.
const terminalEvery = 100 * time.Millisecond

// New returns a line on out, which shows something ten times a second at most if out is a terminal, and once in
// every if it is not: often enough that a log shows the work is alive, and no more. The first sign comes after
// the first such pause.
func New(out io.Writer, every time.Duration) *Line {
	return newLine(out, IsTerminal(out), every, time.Now)
}

func newLine(out io.Writer, terminal bool, every time.Duration, now func() time.Time) *Line {
	if terminal {
		every = terminalEvery
	}
	return &Line{out: out, terminal: terminal, every: every, now: now, shown: now()}
}

// IsTerminal reports whether lines that are written to w can be written over.
func IsTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// Show shows what text returns, if it is time to; text is not called if it is not.
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

// ShowOnTerminal is Show for what is worth no line in a log.
func (l *Line) ShowOnTerminal(text func() string) {
	if l.terminal {
		l.Show(text)
	}
}

// Print writes text, which may be several lines, where it stays.
func (l *Line) Print(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.end()
	fmt.Fprintln(l.out, text)
}

// End ends the line; what is written to the terminal next stands below it.
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

// Bar draws that done of total is over: "[#########.....................] 3/10".
func Bar(done, total int) string {
	filled := min(max(barWidth*done/max(total, 1), 0), barWidth)
	return fmt.Sprintf("[%s%s] %d/%d", strings.Repeat("#", filled), strings.Repeat(".", barWidth-filled), done, total)
}
