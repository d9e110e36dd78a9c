package sim

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// The replicated service: a few registers of 64 bits. Its operations carry a number that is unique
// in the run, so that executing one twice shows.

type opKind uint8

const (
	opGet opKind = iota // result: the value
	opSet               // result: the value before
	opAdd               // result: the value after
	opKinds
)

const (
	registers = 6
	opLen     = 8 + 1 + 1 + 8 + 2
	wideBytes = 2500 // what a wide operation or result adds
)

// op is an operation as clients send it.
type op struct {
	uid  uint64 // from 1; unique in the run
	kind opKind
	key  uint8
	arg  uint64
	wide bool // the result is longer than a datagram
}

func (o op) encode() []byte {
	b := binary.BigEndian.AppendUint64(nil, o.uid)
	b = append(b, byte(o.kind), o.key)
	b = binary.BigEndian.AppendUint64(b, o.arg)
	if o.wide {
		return append(b, 1, 0)
	}
	return append(b, 0, 0)
}

func decodeOp(b []byte) (op, error) {
	if len(b) != opLen || b[8] >= byte(opKinds) || b[9] >= registers {
		return op{}, fmt.Errorf("operation of %d bytes (%x), expected one of %d bytes that a client encoded", len(b), b, opLen)
	}
	return op{
		uid: binary.BigEndian.Uint64(b), kind: opKind(b[8]), key: b[9],
		arg: binary.BigEndian.Uint64(b[10:]), wide: b[18] == 1,
	}, nil
}

func (o op) String() string {
	switch o.kind {
	case opGet:
		return fmt.Sprintf("op%d get r%d", o.uid, o.key)
	case opSet:
		return fmt.Sprintf("op%d set r%d=%d", o.uid, o.key, o.arg)
	}
	return fmt.Sprintf("op%d add r%d+=%d", o.uid, o.key, o.arg)
}

// apply is the sequential specification, for the machine and for the linearizability checker.
func (o op) apply(value uint64) (after, result uint64) {
	switch o.kind {
	case opGet:
		return value, value
	case opSet:
		return o.arg, value
	}
	return value + o.arg, value + o.arg
}

func encodeResult(result uint64, wide bool) []byte {
	b := binary.BigEndian.AppendUint64(nil, result)
	if wide {
		for i := range wideBytes {
			b = append(b, byte(result)+byte(i))
		}
	}
	return b
}

func decodeResult(b []byte, wide bool) (uint64, error) {
	if len(b) < 8 {
		return 0, fmt.Errorf("result of %d bytes (%q), expected at least 8", len(b), b)
	}
	result := binary.BigEndian.Uint64(b)
	if !bytes.Equal(b, encodeResult(result, wide)) {
		return 0, fmt.Errorf("result of %d bytes is not what the machine made", len(b))
	}
	return result, nil
}

// executed is one execution that the machine remembers.
type executed struct {
	slot   uint64
	uid    uint64
	result uint64
	before uint64 // the register's value before, for Undo
	key    uint8
	now    uint64 // logical time
	chain  uint64 // hash over everything executed up to here
}

// machine is the state machine at one replica, and a recorder: it keeps what it executed since the
// last Restore, and complains when what the core asks for cannot be right.
type machine struct {
	fail   func(format string, args ...any)
	values [registers]uint64
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
	e := executed{slot: slot, uid: o.uid, before: m.values[o.key], key: o.key, now: now}
	m.values[o.key], e.result = o.apply(e.before)
	e.chain = chainHash(m.last.chain, &e)
	m.seen[o.uid] = slot
	m.order = append(m.order, o.uid)
	m.log = append(m.log, e)
	m.last = e
	return append(result, encodeResult(e.result, o.wide)...)
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
	b := binary.BigEndian.AppendUint64(nil, m.last.slot)
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
		m.values[e.key] = e.before
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
