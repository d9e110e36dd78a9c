package kv

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// An operation is
//
//	0  u8 version   2
//	1  u8 database  in which the commands execute, up to a SELECT among them
//	   item …
//
// and an item is one of
//
//	a command: uvarint(number of arguments), then uvarint(length) and the bytes of each argument,
//	  the first of which is the command's name
//	the head of a transaction: uvarint(0) uvarint(n)
//
// The replies to the n commands after the head of a transaction form one array. The head does not affect
// how they execute: every operation is atomic.

const opVersion = 2

// Databases is the number of databases, the default of Redis. An operation names the one that it begins in.
const Databases = 16

var (
	errOpEmpty  = errors.New("operation is empty")
	errOpLength = errors.New("operation is shorter than its lengths say")
	errOpMulti  = errors.New("transaction in the operation has too few commands")
)

// NewOperation returns an operation without commands on a database, in the memory of op, whose content it
// discards.
func NewOperation(op []byte, database uint8) []byte { return append(op[:0], opVersion, database) }

// AppendCommand appends a command, its name first, to the operation op and returns it. An empty op
// becomes a new operation on database 0.
func AppendCommand(op []byte, args ...[]byte) []byte { return appendCommand(op, args) }

// EncodeCommand returns an operation of one command, its name first.
func EncodeCommand(args ...string) []byte { return appendCommand(nil, args) }

func appendCommand[T string | []byte](op []byte, args []T) []byte {
	op = appendOpHeader(op)
	op = binary.AppendUvarint(op, uint64(len(args)))
	for _, a := range args {
		op = binary.AppendUvarint(op, uint64(len(a)))
		op = append(op, a...)
	}
	return op
}

// AppendTransaction appends a transaction to the operation op and returns it. commands is an operation
// of n commands, or empty. Their replies become one array, the reply to EXEC.
func AppendTransaction(op, commands []byte, n int) []byte {
	op = appendOpHeader(op)
	op = binary.AppendUvarint(append(op, 0), uint64(n))
	return append(op, commands[min(len(commands), OpOverhead):]...)
}

// TransactionSize returns the number of bytes that AppendTransaction appends to a non-empty operation.
func TransactionSize(commands []byte, n int) int {
	return 1 + uvarintLen(uint64(n)) + max(0, len(commands)-OpOverhead)
}

// CommandSize returns the number of bytes that AppendCommand appends to a non-empty operation.
func CommandSize(args ...[]byte) int {
	n := uvarintLen(uint64(len(args)))
	for _, a := range args {
		n += uvarintLen(uint64(len(a))) + len(a)
	}
	return n
}

// OpOverhead is the number of bytes of an operation besides its commands.
const OpOverhead = 2

func appendOpHeader(op []byte) []byte {
	if len(op) == 0 {
		return NewOperation(op, 0)
	}
	return op
}

func uvarintLen(v uint64) int {
	n := 1
	for ; v >= 0x80; v >>= 7 {
		n++
	}
	return n
}

// opReader reads the items of an operation.
type opReader struct {
	b    []byte
	args [][]byte // of the last command; reused
}

// reset makes r read op, and returns its database.
func (r *opReader) reset(op []byte) (db uint8, err error) {
	switch {
	case len(op) == 0:
		return 0, errOpEmpty
	case op[0] != opVersion:
		return 0, fmt.Errorf("operation has version %d, expected %d", op[0], opVersion)
	case len(op) < OpOverhead:
		return 0, errOpLength
	case op[1] >= Databases:
		return 0, fmt.Errorf("operation is on database %d, expected 0 to %d", op[1], Databases-1)
	}
	r.b = op[OpOverhead:]
	return op[1], nil
}

// next reads one item. For a command, multi is 0 and r.args holds the arguments, which point into the
// operation. For the head of a transaction, multi is the number of commands plus one.
func (r *opReader) next() (multi uint64, err error) {
	argc, err := r.uvarint()
	if err != nil {
		return 0, err
	}
	r.args = r.args[:0]
	if argc == 0 {
		n, err := r.uvarint()
		if err == nil && n > uint64(len(r.b)) {
			err = errOpMulti // each command takes at least one byte
		}
		return n + 1, err
	}
	for range argc {
		n, err := r.uvarint()
		if err != nil {
			return 0, err
		}
		if n > uint64(len(r.b)) {
			return 0, errOpLength
		}
		r.args = append(r.args, r.b[:n:n])
		r.b = r.b[n:]
	}
	return 0, nil
}

func (r *opReader) more() bool { return len(r.b) > 0 }

func (r *opReader) uvarint() (uint64, error) {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		return 0, errOpLength
	}
	r.b = r.b[n:]
	return v, nil
}

// check reads the whole operation, so that a malformed one is rejected before any command executes.
func (r *opReader) check(op []byte) error {
	if _, err := r.reset(op); err != nil {
		return err
	}
	open := uint64(0) // commands still expected in the transaction
	for r.more() {
		multi, err := r.next()
		switch {
		case err != nil:
			return err
		case multi > 0 && open > 0:
			return errOpMulti
		case multi > 0:
			open = multi - 1
		case open > 0:
			open--
		}
	}
	if open > 0 {
		return errOpMulti
	}
	return nil
}
