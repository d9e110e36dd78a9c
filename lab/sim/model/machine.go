package model

import "io"

// machine is the replicated service: it answers an operation with the operation, and has no state. It tells its
// host of every execution.
type machine struct{ host *host }

func (m *machine) Execute(_, _ uint64, op, result []byte) []byte {
	m.host.executed++
	return append(result, op...)
}

// Undo and Release have nothing to do.
func (m *machine) Undo(uint64)    {}
func (m *machine) Release(uint64) {}

func (m *machine) Snapshot() (io.WriterTo, error) { return nothing{}, nil }
func (m *machine) Restore(io.Reader) error        { return nil }

// nothing is the snapshot of no state.
type nothing struct{}

func (nothing) WriteTo(io.Writer) (int64, error) { return 0, nil }
