package sim

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// executed is one execution that the machine remembers.
type executed struct {
	slot   uint64
	uid    uint64
	result uint64 // hash of it
	before values // of the registers, for Undo
	now    uint64 // logical time
	chain  uint64 // hash over everything executed up to here
}

// machine is the state machine at one replica, and a recorder: it keeps what it executed since the
// last Restore, and complains when what the core asks for cannot be right.
type machine struct {
	fail   func(format string, args ...any)
	values values
	seen   map[uint64]uint64 // uid → slot; looked up only, never iterated
	order  []uint64          // uids in execution order
	last   executed          // the newest, whatever log it came from

	origin   executed   // last as the last Restore left it
	log      []executed // since the last Restore
	checked  int        // entries of log that commits.go has compared
	restored bool       // a Restore that commits.go has not compared yet
	released uint64
	captured executed // last, when Snapshot was called
}

func newMachine(fail func(string, ...any)) *machine {
	return &machine{fail: fail, seen: map[uint64]uint64{}}
}

// Execute implements replica.StateMachine.
func (m *machine) Execute(slot, now uint64, b, result []byte) []byte {
	o, err := decodeOp(b)
	if err != nil {
		m.fail("state machine at slot %d: %v", slot, err)
		return result
	}
	if slot <= m.last.slot {
		m.fail("slot %d executed behind slot %d", slot, m.last.slot)
	}
	if now < m.last.now {
		m.fail("logical time goes back from %d to %d at slot %d", m.last.now, now, slot)
	}
	if at, twice := m.seen[o.uid]; twice {
		m.fail("%v executed twice, at slots %d and %d (invariant 6)", o, at, slot)
	}
	e := executed{slot: slot, uid: o.uid, before: m.values, now: now}
	answer := o.apply(&m.values)
	e.result = answer.sum()
	e.chain = chainHash(m.last.chain, &e)
	m.seen[o.uid] = slot
	m.order = append(m.order, o.uid)
	m.log = append(m.log, e)
	m.last = e
	return o.appendResult(result, answer)
}

func chainHash(chain uint64, e *executed) uint64 {
	for _, v := range [...]uint64{e.slot, e.uid, e.result, e.now} {
		chain = (chain ^ v) * 0x9E3779B97F4A7C15
		chain ^= chain >> 29
	}
	return chain
}

// Snapshot implements replica.StateMachine.
func (m *machine) Snapshot() (io.WriterTo, error) {
	m.captured = m.last
	b := make([]byte, 0, 8*(3+registers)+16*len(m.order))
	b = binary.BigEndian.AppendUint64(b, m.last.slot)
	b = binary.BigEndian.AppendUint64(b, m.last.now)
	b = binary.BigEndian.AppendUint64(b, m.last.chain)
	for _, v := range m.values {
		b = binary.BigEndian.AppendUint64(b, v)
	}
	for _, uid := range m.order {
		b = binary.BigEndian.AppendUint64(b, uid)
		b = binary.BigEndian.AppendUint64(b, m.seen[uid])
	}
	return &written{b: b}, nil
}

// written is a snapshot that may be written once.
type written struct {
	b    []byte
	done bool
}

var errWrittenTwice = errors.New("sim: a snapshot was written twice")

func (s *written) WriteTo(w io.Writer) (int64, error) {
	if s.done {
		return 0, errWrittenTwice
	}
	s.done = true
	n, err := w.Write(s.b)
	return int64(n), err
}

// Restore implements replica.StateMachine.
func (m *machine) Restore(r io.Reader) error {
	b, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	const head = 8 * (3 + registers)
	if len(b) < head || (len(b)-head)%16 != 0 {
		return fmt.Errorf("sim: snapshot is %d bytes long, expected %d and a multiple of 16", len(b), head)
	}
	next := func() uint64 {
		v := binary.BigEndian.Uint64(b)
		b = b[8:]
		return v
	}
	m.last = executed{slot: next(), now: next(), chain: next()}
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
	m.log, m.checked, m.restored, m.released = m.log[:0], 0, true, 0
	return nil
}

// undoMachine is a machine that can also take back.
type undoMachine struct{ machine }

// Undo implements replica.Undoer.
func (m *undoMachine) Undo(slot uint64) {
	if slot < m.released {
		m.fail("Undo(%d) after Release(%d)", slot, m.released)
	}
	for len(m.log) > 0 && m.log[len(m.log)-1].slot > slot {
		e := m.log[len(m.log)-1]
		m.log = m.log[:len(m.log)-1]
		m.values = e.before
		delete(m.seen, e.uid)
		m.order = m.order[:len(m.order)-1]
		m.last = m.newest()
	}
	if m.last.slot > slot {
		m.fail("Undo(%d): slot %d came by a snapshot and cannot be taken back", slot, m.last.slot)
	}
	if m.checked > len(m.log) {
		m.fail("Undo(%d) takes back what is at or below the sync point", slot)
		m.checked = len(m.log)
	}
}

func (m *machine) newest() executed {
	if n := len(m.log); n > 0 {
		return m.log[n-1]
	}
	return m.origin
}

// Release implements replica.Undoer.
func (m *undoMachine) Release(slot uint64) { m.released = max(m.released, slot) }
