// Package codec reads and appends the big-endian fields that the frames of package replica/wire and of the
// comparison systems consist of. Reading neither copies nor allocates.
package codec

import (
	"encoding/binary"
	"errors"
)

// Reasons to refuse a frame. They carry no detail, so that rejecting garbage allocates nothing; a receiver counts
// them by identity.
var (
	ErrShort  = errors.New("wire: frame shorter than its fields")
	ErrLength = errors.New("wire: a length in the frame contradicts the frame's size")
	ErrValue  = errors.New("wire: a field has a value that no sender writes")
)

// Reader reads fields. After the first error it returns zeros, and the error stays.
type Reader struct {
	b   []byte
	err error
}

// NewReader returns a Reader of b, which its results alias.
func NewReader(b []byte) Reader { return Reader{b: b} }

// Len returns the number of bytes left.
func (r *Reader) Len() int { return len(r.b) }

// Err returns the first error.
func (r *Reader) Err() error { return r.err }

// Fail makes err the reader's error unless it has one.
func (r *Reader) Fail(err error) {
	if r.err == nil {
		r.err = err
	}
	r.b = nil
}

// U8 reads one byte.
func (r *Reader) U8() uint8 {
	if len(r.b) < 1 {
		r.Fail(ErrShort)
		return 0
	}
	v := r.b[0]
	r.b = r.b[1:]
	return v
}

// Bool reads a byte that is 0 or 1.
func (r *Reader) Bool() bool {
	v := r.U8()
	if v > 1 {
		r.Fail(ErrValue)
	}
	return v == 1
}

// U16 reads two bytes.
func (r *Reader) U16() uint16 {
	if len(r.b) < 2 {
		r.Fail(ErrShort)
		return 0
	}
	v := binary.BigEndian.Uint16(r.b)
	r.b = r.b[2:]
	return v
}

// U32 reads four bytes.
func (r *Reader) U32() uint32 {
	if len(r.b) < 4 {
		r.Fail(ErrShort)
		return 0
	}
	v := binary.BigEndian.Uint32(r.b)
	r.b = r.b[4:]
	return v
}

// U64 reads eight bytes.
func (r *Reader) U64() uint64 {
	if len(r.b) < 8 {
		r.Fail(ErrShort)
		return 0
	}
	v := binary.BigEndian.Uint64(r.b)
	r.b = r.b[8:]
	return v
}

// Bytes returns the next n bytes.
func (r *Reader) Bytes(n int) []byte {
	if n < 0 || n > len(r.b) {
		r.Fail(ErrLength)
		return nil
	}
	v := r.b[:n:n]
	r.b = r.b[n:]
	return v
}

// Rest returns the bytes left.
func (r *Reader) Rest() []byte {
	v := r.b
	r.b = nil
	return v
}

// Done returns the first error, or ErrLength if bytes are left.
func (r *Reader) Done() error {
	if r.err == nil && len(r.b) != 0 {
		r.err = ErrLength
	}
	return r.err
}

// AppendBool appends a byte that is 0 or 1.
func AppendBool(b []byte, v bool) []byte {
	if v {
		return append(b, 1)
	}
	return append(b, 0)
}
