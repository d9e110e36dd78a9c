package registers

import (
	"encoding/binary"
	"fmt"
	"math/bits"
)

// Kind is the kind of an operation.
type Kind uint8

const (
	Get   Kind = iota // result: the value
	Set               // result: the value before
	Add               // result: the value after
	Multi             // rotates the values of several registers by one and adds to them; result: the values after

	kinds
)

const (
	// Count is the number of registers.
	Count = 6
	// OpLen is the length of an operation without padding, in bytes.
	OpLen = 8 + 1 + 1 + 8 + 1 + 1
	// MaxResult is the length of the longest result, in bytes.
	MaxResult = 8*Count + wideBytes

	wideBytes = 2500 // added to a wide result
)

// values are those of the registers. A result uses the first ones.
type values [Count]uint64

// sum is a hash.
func (v *values) sum() (sum uint64) {
	for _, x := range v {
		sum = (sum ^ x) * 0x9E3779B97F4A7C15
		sum ^= sum >> 29
	}
	return sum
}

// Op is an operation.
type Op struct {
	UID  uint64 // from 1; unique in the run
	Kind Kind
	Key  uint8 // a register
	Keys uint8 // of Multi: a bit mask of registers
	Arg  uint64
	Wide bool // the result is longer than a datagram
	Pad  int  // length of padding in bytes
}

// Encode returns the operation as clients send it.
func (o *Op) Encode() []byte {
	b := binary.BigEndian.AppendUint64(make([]byte, 0, OpLen+o.Pad), o.UID)
	b = append(b, byte(o.Kind), o.Key)
	b = binary.BigEndian.AppendUint64(b, o.Arg)
	wide := byte(0)
	if o.Wide {
		wide = 1
	}
	b = append(b, wide, o.Keys)
	for i := range o.Pad {
		b = append(b, o.padding(i))
	}
	return b
}

func (o *Op) padding(i int) byte { return byte(o.UID) + byte(i) }

// Decode is the inverse of Encode.
func Decode(b []byte) (Op, error) {
	if len(b) < OpLen || b[8] >= byte(kinds) || b[9] >= Count || b[19] >= 1<<Count {
		return Op{}, fmt.Errorf("operation of %d bytes (%x), expected one of at least %d bytes that a client encoded", len(b), b, OpLen)
	}
	o := Op{
		UID: binary.BigEndian.Uint64(b), Kind: Kind(b[8]), Key: b[9], Keys: b[19],
		Arg: binary.BigEndian.Uint64(b[10:]), Wide: b[18] == 1, Pad: len(b) - OpLen,
	}
	for i, have := range b[OpLen:] {
		if want := o.padding(i); have != want {
			return Op{}, fmt.Errorf("operation %v has %#x at byte %d, expected %#x", o, have, OpLen+i, want)
		}
	}
	return o, nil
}

func (o Op) String() string {
	switch o.Kind {
	case Get:
		return fmt.Sprintf("op%d get r%d", o.UID, o.Key)
	case Set:
		return fmt.Sprintf("op%d set r%d=%d", o.UID, o.Key, o.Arg)
	case Add:
		return fmt.Sprintf("op%d add r%d+=%d", o.UID, o.Key, o.Arg)
	}
	return fmt.Sprintf("op%d multi %06b+=%d", o.UID, o.Keys, o.Arg)
}

// touches is the bit mask of the registers that the operation reads or writes.
func (o *Op) touches() uint8 {
	if o.Kind == Multi {
		return o.Keys
	}
	return 1 << o.Key
}

// apply is the sequential specification, for the machine and for the linearizability checker.
func (o *Op) apply(v *values) (result values) {
	switch o.Kind {
	case Get:
		result[0] = v[o.Key]
	case Set:
		result[0], v[o.Key] = v[o.Key], o.Arg
	case Add:
		v[o.Key] += o.Arg
		result[0] = v[o.Key]
	case Multi:
		o.applyMulti(v, &result)
	}
	return result
}

// applyMulti gives each of the registers the value of the next one, and the last that of the first, plus Arg.
func (o *Op) applyMulti(v, result *values) {
	first := v[bits.TrailingZeros8(o.Keys)]
	n := 0
	for left := o.Keys; left != 0; n++ {
		key := bits.TrailingZeros8(left)
		left &= left - 1
		next := first
		if left != 0 {
			next = v[bits.TrailingZeros8(left)]
		}
		v[key] = next + o.Arg
		result[n] = v[key]
	}
}

// words is the number of values in the result.
func (o *Op) words() int {
	if o.Kind == Multi {
		return bits.OnesCount8(o.Keys)
	}
	return 1
}

func (o *Op) resultLen() int {
	n := 8 * o.words()
	if o.Wide {
		n += wideBytes
	}
	return n
}

func (o *Op) appendResult(b []byte, result values) []byte {
	for _, v := range result[:o.words()] {
		b = binary.BigEndian.AppendUint64(b, v)
	}
	if o.Wide {
		for i := range wideBytes {
			b = append(b, byte(result[0])+byte(i))
		}
	}
	return b
}

func (o *Op) decodeResult(b []byte) (result values, err error) {
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
