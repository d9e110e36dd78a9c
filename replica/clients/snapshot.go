package clients

import "io"

// Snapshot returns the writer of a snapshot: head, the table as it is now, and then the state machine's state.
func (t *Table) Snapshot(head []byte, state io.WriterTo) io.WriterTo {
	return &snapshotWriter{head: t.AppendTo(head), state: state}
}

type snapshotWriter struct {
	head  []byte
	state io.WriterTo
}

func (w *snapshotWriter) WriteTo(to io.Writer) (int64, error) {
	n, err := to.Write(w.head)
	if err != nil {
		return int64(n), err
	}
	m, err := w.state.WriteTo(to)
	return int64(n) + m, err
}
