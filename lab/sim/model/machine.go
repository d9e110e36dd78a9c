package model

import "io"

// machine is the replicated service: stateless, its results are the operations. It tells its host of every execution.
type machine struct{ host *host }

func (m *machine) Execute(_, _ uint64, op, result []byte) []byte {
	m.host.executed++
	return append(result, op...)
}

// Undo and Release do nothing.
func (m *machine) Undo(uint64)    {}
func (m *machine) Release(uint64) {}

func (m *machine) Snapshot() (io.WriterTo, error) { return nothing{}, nil }
func (m *machine) Restore(io.Reader) error        { return nil }

// nothing is the empty snapshot.
type nothing struct{}

func (nothing) WriteTo(io.Writer) (int64, error) { return 0, nil }
