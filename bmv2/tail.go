package bmv2

import (
	"bytes"
	"io"
	"strings"
	"sync"
)

// tail keeps the end of a switch's output, for the error that reports its end.
type tail struct {
	copyTo io.Writer // may be nil

	mu   sync.Mutex
	text []byte
}

// tailLimit bounds a tail, in bytes.
const tailLimit = 1024

func (w *tail) Write(b []byte) (int, error) {
	w.mu.Lock()
	w.text = append(w.text, b...)
	if over := len(w.text) - tailLimit; over > 0 {
		w.text = append(w.text[:0], w.text[over:]...)
	}
	w.mu.Unlock()
	if w.copyTo != nil {
		return w.copyTo.Write(b)
	}
	return len(b), nil
}

// String returns the last line as the end of an error message, or "" if there is none.
func (w *tail) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	lines := bytes.Split(bytes.TrimSpace(w.text), []byte("\n"))
	last := strings.TrimSpace(string(lines[len(lines)-1]))
	if last == "" {
		return ""
	}
	return ": its last output: " + last
}
