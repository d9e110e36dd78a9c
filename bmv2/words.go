package bmv2

import (
	"bytes"
	"io"
	"strings"
	"sync"
)

// lastWords keeps the end of what a switch wrote, for the error that says why it ended.
type lastWords struct {
	copyTo io.Writer // may be nil

	mu   sync.Mutex
	text []byte
}

// lastWordsLimit is how much is kept, in bytes.
const lastWordsLimit = 1024

func (w *lastWords) Write(b []byte) (int, error) {
	w.mu.Lock()
	w.text = append(w.text, b...)
	if over := len(w.text) - lastWordsLimit; over > 0 {
		w.text = append(w.text[:0], w.text[over:]...)
	}
	w.mu.Unlock()
	if w.copyTo != nil {
		return w.copyTo.Write(b)
	}
	return len(b), nil
}

// String is the last line, as the end of a sentence; empty if nothing was written.
func (w *lastWords) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	lines := bytes.Split(bytes.TrimSpace(w.text), []byte("\n"))
	last := strings.TrimSpace(string(lines[len(lines)-1]))
	if last == "" {
		return ""
	}
	return ": its last words: " + last
}
