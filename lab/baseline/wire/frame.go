package wire

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/netordered/nopaxos/internal/codec"
	nopaxos "github.com/netordered/nopaxos/replica/wire"
)

const (
	// Magic is the first two bytes of every frame: "NB".
	Magic = 0x4E42
	// Version is the frame version of this package.
	Version = 1

	prefixLen = 4
)

// Kind is the kind of a message.
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

// errPrefix refuses frames of other protocols. The other reasons are those of package replica/wire.
var errPrefix = errors.New("wire: frame does not start with the magic 0x4E42 and version 1")

// IsFrame reports whether b starts like a frame of this package.
func IsFrame(b []byte) bool { return len(b) >= 2 && binary.BigEndian.Uint16(b) == Magic }

// reader reads the fields of this package's frames.
type reader struct{ codec.Reader }

func (r *reader) digest() nopaxos.Digest { return nopaxos.Digest{Hi: r.U64(), Lo: r.U64()} }

// entries reads a list of log entries, which alias the frame, into dst.
func (r *reader) entries(dst [][]byte) [][]byte {
	dst = dst[:0]
	n := int(r.U32())
	if n > r.Len()/4 {
		r.Fail(nopaxos.ErrLength)
		return dst
	}
	for range n {
		e := r.Bytes(int(r.U32()))
		if r.Err() != nil {
			return dst[:0]
		}
		dst = append(dst, e)
	}
	return dst
}

// sized reads bytes that follow their length, aliasing the frame.
func (r *reader) sized() []byte { return r.Bytes(int(r.U32())) }

// vector reads a list of incarnations.
func (r *reader) vector() []uint64 {
	n := int(r.U16())
	if n > r.Len()/8 {
		r.Fail(nopaxos.ErrLength)
		return nil
	}
	v := make([]uint64, n)
	for i := range v {
		v[i] = r.U64()
	}
	return v
}

func appendU16(b []byte, v uint16) []byte { return binary.BigEndian.AppendUint16(b, v) }
func appendU32(b []byte, v uint32) []byte { return binary.BigEndian.AppendUint32(b, v) }
func appendU64(b []byte, v uint64) []byte { return binary.BigEndian.AppendUint64(b, v) }

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
