package worlds

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
)

// opID identifies an operation: by its client, from 1, in the upper half, and its position among the client's
// operations, from 1, in the lower half.
type opID byte

func newOpID(client, nth int) opID { return opID((client+1)<<4 | nth + 1) }

func (o opID) client() int { return int(o>>4) - 1 }

func (o opID) String() string { return fmt.Sprintf("op%d.%d", o>>4, o&15) }

// execution is an executed operation.
type execution struct {
	slot uint64
	op   opID
}

// machine is the replicated service: a list of the executed operations. The result of an operation is the list up
// to itself, so that the results alone show in which order the operations took effect.
type machine struct {
	done     []execution
	released uint64
	failure  string
}

// Execute implements replica.StateMachine.
func (m *machine) Execute(slot, _ uint64, op, result []byte) []byte {
	if len(op) != 1 {
		m.fail("operation of %d bytes at slot %d, expected one byte", len(op), slot)
		return result
	}
	if n := len(m.done); n > 0 && slot <= m.done[n-1].slot {
		m.fail("slot %d is executed behind slot %d (invariant 5)", slot, m.done[n-1].slot)
	}
	for _, e := range m.done {
		if e.op == opID(op[0]) {
			m.fail("%v is executed twice, at slots %d and %d (invariant 6)", e.op, e.slot, slot)
		}
	}
	m.done = append(m.done, execution{slot, opID(op[0])})
	for _, e := range m.done {
		result = append(result, byte(e.op))
	}
	return result
}

func (m *machine) fail(format string, args ...any) {
	if m.failure == "" {
		m.failure = fmt.Sprintf(format, args...)
	}
}

// Snapshot implements replica.StateMachine.
func (m *machine) Snapshot() (io.WriterTo, error) {
	var b []byte
	for _, e := range m.done {
		b = append(binary.BigEndian.AppendUint64(b, e.slot), byte(e.op))
	}
	return bytes.NewReader(b), nil
}

// Restore implements replica.StateMachine.
func (m *machine) Restore(r io.Reader) error {
	b, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	m.done, m.released = nil, 0
	for ; len(b) >= 9; b = b[9:] {
		m.done = append(m.done, execution{binary.BigEndian.Uint64(b), opID(b[8])})
	}
	if len(b) > 0 {
		return fmt.Errorf("worlds: snapshot has %d bytes left over", len(b))
	}
	return nil
}

// appendState appends the machine's state.
func (m *machine) appendState(b []byte) []byte {
	b = binary.AppendUvarint(b, uint64(len(m.done)))
	for _, e := range m.done {
		b = append(binary.AppendUvarint(b, e.slot), byte(e.op))
	}
	b = binary.AppendUvarint(binary.AppendUvarint(b, m.released), uint64(len(m.failure)))
	return append(b, m.failure...)
}

// undoMachine is a machine that implements replica.Undoer.
type undoMachine struct{ machine }

// Undo implements replica.Undoer.
func (m *undoMachine) Undo(slot uint64) {
	if slot < m.released {
		m.fail("Undo(%d) after Release(%d)", slot, m.released)
	}
	m.done = slices.DeleteFunc(m.done, func(e execution) bool { return e.slot > slot })
}

// Release implements replica.Undoer.
func (m *undoMachine) Release(slot uint64) { m.released = max(m.released, slot) }
