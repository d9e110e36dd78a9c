package baselines

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
)

// registers is how many there are; few, so that clients get in each other's way.
const registers = 4

// opKind is what an operation does.
type opKind uint8

const (
	opGet opKind = iota
	opSet
	opAdd // returns the sum

	opKinds
)

// op is an operation on a register. Its number makes it different from all others.
type op struct {
	uid  uint64
	kind opKind
	key  uint8
	arg  uint64
	wide uint16 // length of padding: a long operation, with as long a result
}

func (o op) String() string {
	return fmt.Sprintf("op%d %s r%d %d", o.uid, [...]string{"get", "set", "add"}[o.kind], o.key, o.arg)
}

const opLen = 8 + 1 + 1 + 8

func (o op) encode() []byte {
	b := binary.BigEndian.AppendUint64(nil, o.uid)
	b = append(b, byte(o.kind), o.key)
	b = binary.BigEndian.AppendUint64(b, o.arg)
	return append(b, make([]byte, o.wide)...)
}

func decodeOp(b []byte) (op, error) {
	if len(b) < opLen || b[8] >= byte(opKinds) || b[9] >= registers {
		return op{}, fmt.Errorf("no operation: %x", b)
	}
	return op{
		uid: binary.BigEndian.Uint64(b), kind: opKind(b[8]), key: b[9],
		arg: binary.BigEndian.Uint64(b[10:]), wide: uint16(len(b) - opLen),
	}, nil
}

// apply is what the operation makes of a register, and its result.
func (o op) apply(value uint64) (after, result uint64) {
	switch o.kind {
	case opSet:
		return o.arg, value
	case opAdd:
		return value + o.arg, value + o.arg
	}
	return value, value
}

// machine is the replicated service: registers, and the numbers of all operations executed. With undo it
// can take operations back by itself; without, its replica has to go back to a snapshot.
type machine struct {
	values [registers]uint64
	done   map[uint64]bool
	order  []uint64 // of execution
	broken error    // an operation was executed twice
}

func newMachine() *machine { return &machine{done: map[uint64]bool{}} }

func (m *machine) Execute(slot, _ uint64, b, result []byte) []byte {
	o, err := decodeOp(b)
	if err != nil {
		m.fail(err)
		return result
	}
	if m.done[o.uid] {
		m.fail(fmt.Errorf("%v is executed twice, again at slot %d", o, slot))
	}
	m.done[o.uid] = true
	m.order = append(m.order, o.uid)
	var r uint64
	m.values[o.key], r = o.apply(m.values[o.key])
	result = binary.BigEndian.AppendUint64(result, r)
	return append(result, make([]byte, o.wide)...)
}

func (m *machine) fail(err error) {
	if m.broken == nil {
		m.broken = err
	}
}

// same reports whether two machines have executed the same operations in the same order.
func (m *machine) same(other *machine) bool {
	return m.values == other.values && slices.Equal(m.order, other.order)
}

// image is a copy of a machine's state.
type image struct {
	values [registers]uint64
	order  []uint64
}

func (m *machine) image() image { return image{values: m.values, order: slices.Clone(m.order)} }

func (m *machine) Snapshot() (io.WriterTo, error) { return m.image(), nil }

func (i image) WriteTo(w io.Writer) (int64, error) {
	var b []byte
	for _, v := range i.values {
		b = binary.BigEndian.AppendUint64(b, v)
	}
	for _, uid := range i.order {
		b = binary.BigEndian.AppendUint64(b, uid)
	}
	n, err := w.Write(b)
	return int64(n), err
}

func (m *machine) Restore(r io.Reader) error {
	b, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if len(b) < 8*registers || len(b)%8 != 0 {
		return errors.New("no snapshot of registers")
	}
	fresh := newMachine()
	for i := range fresh.values {
		fresh.values[i] = binary.BigEndian.Uint64(b[8*i:])
	}
	for b = b[8*registers:]; len(b) > 0; b = b[8:] {
		uid := binary.BigEndian.Uint64(b)
		fresh.done[uid] = true
		fresh.order = append(fresh.order, uid)
	}
	m.values, m.done, m.order = fresh.values, fresh.done, fresh.order
	return nil
}

// undoMachine is a machine that takes operations back by itself.
type undoMachine struct {
	*machine
	records []record // ascending slots
}

type record struct {
	slot  uint64
	uid   uint64
	key   uint8
	value uint64 // before
}

func (m *undoMachine) Execute(slot, now uint64, b, result []byte) []byte {
	if o, err := decodeOp(b); err == nil {
		m.records = append(m.records, record{slot: slot, uid: o.uid, key: o.key, value: m.values[o.key]})
	}
	return m.machine.Execute(slot, now, b, result)
}

func (m *undoMachine) Undo(slot uint64) {
	for n := len(m.records) - 1; n >= 0 && m.records[n].slot > slot; n-- {
		r := m.records[n]
		m.values[r.key] = r.value
		delete(m.done, r.uid)
		m.order = m.order[:len(m.order)-1]
		m.records = m.records[:n]
	}
}

func (m *undoMachine) Release(slot uint64) {
	n := 0
	for n < len(m.records) && m.records[n].slot <= slot {
		n++
	}
	m.records = slices.Delete(m.records, 0, n)
}

func (m *undoMachine) Restore(r io.Reader) error {
	m.records = nil
	return m.machine.Restore(r)
}
