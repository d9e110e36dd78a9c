package sim

import (
	"encoding/binary"
	"fmt"
	"math/bits"
)

// The replicated service: a few registers of 64 bits. Its operations carry a number that is unique
// in the run, so that executing one twice shows; and all have a result that tells what they found.

type opKind uint8

const (
	opGet   opKind = iota // result: the value
	opSet                 // result: the value before
	opAdd                 // result: the value after
	opMulti               // moves the values of several registers round by one and adds to them; result: the values after
	opKinds
)

const (
	registers = 6
	opLen     = 8 + 1 + 1 + 8 + 1 + 1 // of an operation without padding
	wideBytes = 2500                  // what a wide result adds
)

// values are those of the registers; in a result, the first ones are in use.
type values [registers]uint64

// sum is a hash.
func (v *values) sum() (sum uint64) {
	for _, x := range v {
		sum = (sum ^ x) * 0x9E3779B97F4A7C15
		sum ^= sum >> 29
	}
	return sum
}

// op is an operation as clients send it.
type op struct {
	uid  uint64 // from 1; unique in the run
	kind opKind
	key  uint8
	keys uint8 // of opMulti: a bit mask of registers
	arg  uint64
	wide bool // the result is longer than a datagram
	pad  int  // bytes that make it longer
}

func (o *op) encode() []byte {
	b := binary.BigEndian.AppendUint64(make([]byte, 0, opLen+o.pad), o.uid)
	b = append(b, byte(o.kind), o.key)
	b = binary.BigEndian.AppendUint64(b, o.arg)
	wide := byte(0)
	if o.wide {
		wide = 1
	}
	b = append(b, wide, o.keys)
	for i := range o.pad {
		b = append(b, o.padding(i))
	}
	return b
}

func (o *op) padding(i int) byte { return byte(o.uid) + byte(i) }

func decodeOp(b []byte) (op, error) {
	if len(b) < opLen || b[8] >= byte(opKinds) || b[9] >= registers || b[19] >= 1<<registers {
		return op{}, fmt.Errorf("operation of %d bytes (%x), expected one of at least %d bytes that a client encoded", len(b), b, opLen)
	}
	o := op{
		uid: binary.BigEndian.Uint64(b), kind: opKind(b[8]), key: b[9], keys: b[19],
		arg: binary.BigEndian.Uint64(b[10:]), wide: b[18] == 1, pad: len(b) - opLen,
	}
	for i, have := range b[opLen:] {
		if want := o.padding(i); have != want {
			return op{}, fmt.Errorf("operation %v has %#x at byte %d, expected %#x", o, have, opLen+i, want)
		}
	}
	return o, nil
}

func (o op) String() string {
	switch o.kind {
	case opGet:
		return fmt.Sprintf("op%d get r%d", o.uid, o.key)
	case opSet:
		return fmt.Sprintf("op%d set r%d=%d", o.uid, o.key, o.arg)
	case opAdd:
		return fmt.Sprintf("op%d add r%d+=%d", o.uid, o.key, o.arg)
	}
	return fmt.Sprintf("op%d multi %06b+=%d", o.uid, o.keys, o.arg)
}

// touches is the bit mask of the registers that it reads or writes.
func (o *op) touches() uint8 {
	if o.kind == opMulti {
		return o.keys
	}
	return 1 << o.key
}

// apply is the sequential specification, for the machine and for the linearizability checker.
func (o *op) apply(v *values) (result values) {
	switch o.kind {
	case opGet:
		result[0] = v[o.key]
	case opSet:
		result[0], v[o.key] = v[o.key], o.arg
	case opAdd:
		v[o.key] += o.arg
		result[0] = v[o.key]
	case opMulti:
		o.applyMulti(v, &result)
	}
	return result
}

// applyMulti gives each of the registers the value of the next one, and the last that of the first, plus arg.
func (o *op) applyMulti(v, result *values) {
	first := v[bits.TrailingZeros8(o.keys)]
	n := 0
	for left := o.keys; left != 0; n++ {
		key := bits.TrailingZeros8(left)
		left &= left - 1
		next := first
		if left != 0 {
			next = v[bits.TrailingZeros8(left)]
		}
		v[key] = next + o.arg
		result[n] = v[key]
	}
}

// words is how many values the result has.
func (o *op) words() int {
	if o.kind == opMulti {
		return bits.OnesCount8(o.keys)
	}
	return 1
}

func (o *op) resultLen() int {
	n := 8 * o.words()
	if o.wide {
		n += wideBytes
	}
	return n
}

func (o *op) appendResult(b []byte, result values) []byte {
	for _, v := range result[:o.words()] {
		b = binary.BigEndian.AppendUint64(b, v)
	}
	if o.wide {
		for i := range wideBytes {
			b = append(b, byte(result[0])+byte(i))
		}
	}
	return b
}

func (o *op) decodeResult(b []byte) (result values, err error) {
	if len(b) != o.resultLen() {
		return result, fmt.Errorf("result of %d bytes (%q), expected %d", len(b), b, o.resultLen())
	}
	words := o.words()
	for i := range words {
		result[i] = binary.BigEndian.Uint64(b[8*i:])
	}
	for i, have := range b[8*words:] {
		if want := byte(result[0]) + byte(i); have != want {
			return result, fmt.Errorf("result of %d bytes is not what the machine made: %#x at byte %d, expected %#x", len(b), have, 8*words+i, want)
		}
	}
	return result, nil
}
