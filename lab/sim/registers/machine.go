package registers

import (
	"encoding/binary"
	"fmt"
	"io"
)

// Execution is one execution of an operation.
type Execution struct {
	Slot   uint64
	UID    uint64
	result uint64 // hash of it
	before values // of the registers, for Undo
	now    uint64 // logical time
	chain  uint64 // hash over everything executed up to here
}

// Follows reports whether e directly follows last in one history.
func (e *Execution) Follows(last *Execution) bool { return e.chain == chainHash(last.chain, e) }

// Same reports whether e and other are the same execution, with the same history before it.
func (e *Execution) Same(other *Execution) bool { return e.chain == other.chain }

func chainHash(chain uint64, e *Execution) uint64 {
	for _, v := range [...]uint64{e.Slot, e.UID, e.result, e.now} {
		chain = (chain ^ v) * 0x9E3779B97F4A7C15
		chain ^= chain >> 29
	}
	return chain
}

// Machine is the state machine at one replica. It records what it has executed since the last Restore, and reports
// inputs that contradict each other.
type Machine struct {
	fail   func(format string, args ...any)
	values values
	seen   map[uint64]uint64 // uid → slot; looked up only, never iterated
	order  []uint64          // uids in execution order
	last   Execution         // the newest, whatever log it came from

	origin   Execution   // last as the last Restore left it
	log      []Execution // since the last Restore
	stable   int         // entries of log that Stable has returned
	restored bool        // a Restore that Restored has not reported yet
	released uint64
	captured []Execution // last, at each call of Snapshot since the one that Captured has returned
}

// NewMachine returns a machine with all registers 0. It calls fail for every contradiction.
func NewMachine(fail func(format string, args ...any)) *Machine {
	return &Machine{fail: fail, seen: map[uint64]uint64{}}
}

// Stable returns the executions at or below slot that it has not returned before. Undo must not take them back.
func (m *Machine) Stable(slot uint64) []Execution {
	from := m.stable
	for m.stable < len(m.log) && m.log[m.stable].Slot <= slot {
		m.stable++
	}
	return m.log[from:m.stable]
}

// Restored reports whether Restore was called since the last call of Restored, and returns the newest execution of
// the restored snapshot.
func (m *Machine) Restored() (newest Execution, yes bool) {
	newest, yes = m.origin, m.restored
	m.restored = false
	return newest, yes
}

// Captured returns the newest execution of the snapshot that was taken last among those at or below slot.
func (m *Machine) Captured(slot uint64) (newest Execution) {
	for i := len(m.captured) - 1; i >= 0; i-- {
		if m.captured[i].Slot <= slot {
			newest = m.captured[i]
			m.captured = m.captured[i:]
			break
		}
	}
	return newest
}

// Last returns the newest execution.
func (m *Machine) Last() *Execution { return &m.last }

// Executed returns slot and uid of everything that the state consists of, in order.
func (m *Machine) Executed() []Execution {
	all := make([]Execution, len(m.order))
	for i, uid := range m.order {
		all[i] = Execution{Slot: m.seen[uid], UID: uid}
	}
	return all
}

// Execute implements replica.StateMachine.
func (m *Machine) Execute(slot, now uint64, b, result []byte) []byte {
	o, err := Decode(b)
	if err != nil {
		m.fail("state machine at slot %d: %v", slot, err)
		return result
	}
	if slot <= m.last.Slot {
		m.fail("slot %d executed behind slot %d", slot, m.last.Slot)
	}
	if now < m.last.now {
		m.fail("logical time goes back from %d to %d at slot %d", m.last.now, now, slot)
	}
	if at, twice := m.seen[o.UID]; twice {
		m.fail("%v executed twice, at slots %d and %d (invariant 6)", o, at, slot)
	}
	e := Execution{Slot: slot, UID: o.UID, before: m.values, now: now}
	answer := o.apply(&m.values)
	e.result = answer.sum()
	e.chain = chainHash(m.last.chain, &e)
	m.seen[o.UID] = slot
	m.order = append(m.order, o.UID)
	m.log = append(m.log, e)
	m.last = e
	return o.appendResult(result, answer)
}

// Snapshot implements replica.StateMachine.
func (m *Machine) Snapshot() (io.WriterTo, error) {
	m.captured = append(m.captured, m.last)
	b := make([]byte, 0, 8*(3+Count)+16*len(m.order))
	b = binary.BigEndian.AppendUint64(b, m.last.Slot)
	b = binary.BigEndian.AppendUint64(b, m.last.now)
	b = binary.BigEndian.AppendUint64(b, m.last.chain)
	for _, v := range m.values {
		b = binary.BigEndian.AppendUint64(b, v)
	}
	for _, uid := range m.order {
		b = binary.BigEndian.AppendUint64(b, uid)
		b = binary.BigEndian.AppendUint64(b, m.seen[uid])
	}
	return view(b), nil
}

// view is a snapshot.
type view []byte

func (v view) WriteTo(w io.Writer) (int64, error) {
	n, err := w.Write(v)
	return int64(n), err
}

// Restore implements replica.StateMachine.
func (m *Machine) Restore(r io.Reader) error {
	b, err := read(r)
	if err == nil {
		m.restore(b)
	}
	return err
}

// Load implements replica.Loader.
func (m UndoMachine) Load(r io.Reader) (install func(), err error) {
	b, err := read(r)
	return func() { m.restore(b) }, err
}

// read reads a snapshot.
func read(r io.Reader) ([]byte, error) {
	b, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	const head = 8 * (3 + Count)
	if len(b) < head || (len(b)-head)%16 != 0 {
		return nil, fmt.Errorf("sim: snapshot is %d bytes long, expected %d and a multiple of 16", len(b), head)
	}
	return b, nil
}

func (m *Machine) restore(b []byte) {
	next := func() uint64 {
		v := binary.BigEndian.Uint64(b)
		b = b[8:]
		return v
	}
	m.last = Execution{Slot: next(), now: next(), chain: next()}
	m.origin = m.last
	for i := range m.values {
		m.values[i] = next()
	}
	clear(m.seen)
	m.order = m.order[:0]
	for len(b) > 0 {
		uid, slot := next(), next()
		m.seen[uid] = slot
		m.order = append(m.order, uid)
	}
	m.log, m.stable, m.restored, m.released = m.log[:0], 0, true, 0
}

// UndoMachine is a Machine that can also take operations back. A replica of a Machine has to return to a snapshot.
type UndoMachine struct{ *Machine }

// Undo implements replica.Undoer.
func (m UndoMachine) Undo(slot uint64) {
	if slot < m.released {
		m.fail("Undo(%d) after Release(%d)", slot, m.released)
	}
	for len(m.log) > 0 && m.log[len(m.log)-1].Slot > slot {
		e := m.log[len(m.log)-1]
		m.log = m.log[:len(m.log)-1]
		m.values = e.before
		delete(m.seen, e.UID)
		m.order = m.order[:len(m.order)-1]
		m.last = m.newest()
	}
	if m.last.Slot > slot {
		m.fail("Undo(%d): slot %d came by a snapshot and cannot be taken back", slot, m.last.Slot)
	}
	if m.stable > len(m.log) {
		m.fail("Undo(%d) takes back what is at or below the sync point", slot)
		m.stable = len(m.log)
	}
}

func (m *Machine) newest() Execution {
	if n := len(m.log); n > 0 {
		return m.log[n-1]
	}
	return m.origin
}

// Release implements replica.Undoer.
func (m UndoMachine) Release(slot uint64) { m.released = max(m.released, slot) }
