package replica

import (
	"bytes"
	"errors"
	"io"
	"runtime"

	"github.com/netordered/nopaxos/replica/clients"
)

// loader loads a snapshot from its chunks.
type loader struct {
	next func() (struct{}, bool)
	stop func()
	in   *chunkReader
	out  *loaded
}

// loaded is a state that replaces the executed one in one step.
type loaded struct {
	head    *snapshot
	table   clients.Table
	install func() error // of the state machine's state
	err     error
}

func newLoader(sm StateMachine, maxClients int) *loader {
	in, out := &chunkReader{}, &loaded{}
	l := &loader{in: in, out: out}
	l.next, l.stop = pull(func(yield func(struct{}) bool) {
		in.yield = yield
		out.load(in, sm, maxClients)
	})
	// For a core that is dropped during the transfer. Nothing that seq refers to refers to l.
	runtime.AddCleanup(l, func(stop func()) { stop() }, l.stop)
	return l
}

// feed loads a chunk. It reports whether the loader wants another one.
func (l *loader) feed(data []byte, last bool) (more bool) {
	l.in.data, l.in.last = data, last
	_, more = l.next()
	if !more && l.out.err == nil && !last {
		l.out.err = errSnapshot
	}
	return more
}

// chunkReader reads the chunk at hand, and pauses at its end until there is another one.
type chunkReader struct {
	data  []byte
	last  bool
	yield func(struct{}) bool
	ended bool // the transfer
}

func (r *chunkReader) Read(b []byte) (int, error) {
	for len(r.data) == 0 {
		if r.last {
			return 0, io.EOF
		}
		if r.ended || !r.yield(struct{}{}) {
			r.ended = true
			return 0, errStopped
		}
	}
	n := copy(b, r.data)
	r.data = r.data[n:]
	return n, nil
}

// load reads a snapshot. Reading the state of a state machine that is no Loader waits for install.
func (l *loaded) load(r io.Reader, sm StateMachine, maxClients int) {
	if l.head, l.err = readHead(r); l.err != nil {
		return
	}
	l.table = clients.New(maxClients)
	if l.err = l.table.Read(r); l.err != nil {
		return
	}
	if loader, ok := sm.(Loader); ok {
		var install func()
		install, l.err = loader.Load(r)
		l.install = func() error { install(); return nil }
	} else {
		var parts []io.Reader
		parts, l.err = readParts(r)
		l.install = func() error { return sm.Restore(io.MultiReader(parts...)) }
	}
	if l.err == nil {
		l.err = atEnd(r)
	}
}

// partSize is the size of the pieces in which an encoded state is kept.
const partSize = 1 << 20

// readParts reads r to the end, in pieces, so that no buffer has to grow.
func readParts(r io.Reader) (parts []io.Reader, err error) {
	for {
		b := make([]byte, partSize)
		n, err := io.ReadFull(r, b)
		parts = append(parts, bytes.NewReader(b[:n]))
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return parts, nil
		case err != nil:
			return nil, err
		}
	}
}

func atEnd(r io.Reader) error {
	var b [1]byte
	switch n, err := r.Read(b[:]); {
	case n > 0:
		return errSnapshot
	case errors.Is(err, io.EOF):
		return nil
	default:
		return err
	}
}
