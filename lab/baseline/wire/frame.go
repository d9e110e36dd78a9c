package wire

import (
	"encoding/binary"
	"errors"
	"fmt"

	nopaxos "github.com/netordered/nopaxos/replica/wire"
)

const (
	// Magic is the first two bytes of every frame: "NB".
	Magic = 0x4E42
	// Version is the frame version that this package reads and writes.
	Version = 1

	prefixLen = 4
)

// Kind says which message a frame holds.
type Kind uint8

// The messages. Values are part of the wire format.
const (
	KindPrepare          Kind = 1
	KindPrepareOK        Kind = 2
	KindCommit           Kind = 3
	KindStartViewChange  Kind = 4
	KindDoViewChange     Kind = 5
	KindStartView        Kind = 6
	KindRecovery         Kind = 7
	KindRecoveryResponse Kind = 8
	KindGetState         Kind = 9
	KindNewState         Kind = 10
	KindAccepted         Kind = 11
	KindResolve          Kind = 12
	KindResolved         Kind = 13
	KindAskVotes         Kind = 14
	KindAskValue         Kind = 15
	KindValue            Kind = 16
	KindDecided          Kind = 17
	KindSync             Kind = 18
	KindSyncReply        Kind = 19
	KindConfirm          Kind = 20
	KindSyncCommit       Kind = 21

	kindEnd Kind = 22
)

var kindNames = [kindEnd]string{
	KindPrepare: "PREPARE", KindPrepareOK: "PREPARE-OK", KindCommit: "COMMIT",
	KindStartViewChange: "START-VIEW-CHANGE", KindDoViewChange: "DO-VIEW-CHANGE", KindStartView: "START-VIEW",
	KindRecovery: "RECOVERY", KindRecoveryResponse: "RECOVERY-RESPONSE",
	KindGetState: "GET-STATE", KindNewState: "NEW-STATE",
	KindAccepted: "ACCEPTED", KindResolve: "RESOLVE", KindResolved: "RESOLVED",
	KindAskVotes: "ASK-VOTES", KindAskValue: "ASK-VALUE", KindValue: "VALUE", KindDecided: "DECIDED",
	KindSync: "SYNC", KindSyncReply: "SYNC-REPLY", KindConfirm: "CONFIRM", KindSyncCommit: "SYNC-COMMIT",
}

func (k Kind) String() string {
	if k > 0 && k < kindEnd {
		return kindNames[k]
	}
	return fmt.Sprintf("KIND-%d", uint8(k))
}

// Why a frame was refused. They carry no detail so that rejecting garbage allocates nothing.
var (
	ErrShort  = errors.New("wire: frame shorter than its fields")
	ErrPrefix = errors.New("wire: frame does not start with the magic 0x4E42 and version 1")
	ErrKind   = errors.New("wire: unknown message kind")
	ErrTag    = errors.New("wire: authentication tag is wrong")
	ErrLength = errors.New("wire: a length in the frame contradicts the frame's size")
	ErrValue  = errors.New("wire: a field has a value that no sender writes")
)

// IsFrame reports whether b starts like a frame of this package.
func IsFrame(b []byte) bool { return len(b) >= 2 && binary.BigEndian.Uint16(b) == Magic }

// reader reads big-endian fields; after the first error it returns zeros, and err stays.
type reader struct {
	b   []byte
	err error
}

func (r *reader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
	r.b = nil
}

// take returns the next n bytes, aliasing the frame, or nil.
func (r *reader) take(n int) []byte {
	if n < 0 || n > len(r.b) {
		r.fail(ErrShort)
		return nil
	}
	v := r.b[:n:n]
	r.b = r.b[n:]
	return v
}

func (r *reader) u8() uint8 {
	if v := r.take(1); v != nil {
		return v[0]
	}
	return 0
}

func (r *reader) u16() uint16 {
	if v := r.take(2); v != nil {
		return binary.BigEndian.Uint16(v)
	}
	return 0
}

func (r *reader) u32() uint32 {
	if v := r.take(4); v != nil {
		return binary.BigEndian.Uint32(v)
	}
	return 0
}

func (r *reader) u64() uint64 {
	if v := r.take(8); v != nil {
		return binary.BigEndian.Uint64(v)
	}
	return 0
}

func (r *reader) bool() bool {
	v := r.u8()
	if v > 1 {
		r.fail(ErrValue)
	}
	return v == 1
}

func (r *reader) digest() nopaxos.Digest { return nopaxos.Digest{Hi: r.u64(), Lo: r.u64()} }

// entries reads a list of log entries into dst, whose memory is used again. They alias the frame.
func (r *reader) entries(dst [][]byte) [][]byte {
	dst = dst[:0]
	n := int(r.u32())
	if n > len(r.b)/4 {
		r.fail(ErrLength)
		return dst
	}
	for range n {
		e := r.take(int(r.u32()))
		if r.err != nil {
			return dst[:0]
		}
		dst = append(dst, e)
	}
	return dst
}

// bytes reads what has its length before it, aliasing the frame.
func (r *reader) bytes() []byte { return r.take(int(r.u32())) }

// vector reads a list of incarnations.
func (r *reader) vector() []uint64 {
	n := int(r.u16())
	if n > len(r.b)/8 {
		r.fail(ErrLength)
		return nil
	}
	v := make([]uint64, n)
	for i := range v {
		v[i] = r.u64()
	}
	return v
}

// done returns the first error, or ErrLength if something is left over.
func (r *reader) done() error {
	if r.err == nil && len(r.b) != 0 {
		r.err = ErrLength
	}
	return r.err
}

func appendU16(b []byte, v uint16) []byte { return binary.BigEndian.AppendUint16(b, v) }
func appendU32(b []byte, v uint32) []byte { return binary.BigEndian.AppendUint32(b, v) }
func appendU64(b []byte, v uint64) []byte { return binary.BigEndian.AppendUint64(b, v) }

func appendBool(b []byte, v bool) []byte {
	if v {
		return append(b, 1)
	}
	return append(b, 0)
}

func appendDigest(b []byte, d nopaxos.Digest) []byte { return appendU64(appendU64(b, d.Hi), d.Lo) }

func appendBytes(b, v []byte) []byte { return append(appendU32(b, uint32(len(v))), v...) }

func appendEntries(b []byte, entries [][]byte) []byte {
	b = appendU32(b, uint32(len(entries)))
	for _, e := range entries {
		b = appendBytes(b, e)
	}
	return b
}

func appendVector(b []byte, v []uint64) []byte {
	b = appendU16(b, uint16(len(v)))
	for _, x := range v {
		b = appendU64(b, x)
	}
	return b
}
