package wire

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/netordered/nopaxos/internal/codec"
	nopaxos "github.com/netordered/nopaxos/replica/wire"
)

const (
	// magic is the first two bytes of every frame: "NB".
	magic = 0x4E42
	// version is the frame version of this package.
	version = 1

	prefixLen = 4
)

// kind is the kind of a message.
type kind uint8

// The messages. Values are part of the wire format.
const (
	kindPrepare          kind = 1
	kindPrepareOK        kind = 2
	kindCommit           kind = 3
	kindStartViewChange  kind = 4
	kindDoViewChange     kind = 5
	kindStartView        kind = 6
	kindRecovery         kind = 7
	kindRecoveryResponse kind = 8
	kindGetState         kind = 9
	kindNewState         kind = 10
	kindAccepted         kind = 11
	kindResolve          kind = 12
	kindResolved         kind = 13
	kindAskVotes         kind = 14
	kindAskValue         kind = 15
	kindValue            kind = 16
	kindDecided          kind = 17
	kindSync             kind = 18
	kindSyncReply        kind = 19
	kindConfirm          kind = 20
	kindSyncCommit       kind = 21

	kindEnd kind = 22
)

// kinds has the names and the Go types of the messages.
var kinds = [kindEnd]struct {
	name  string
	empty func() Message
}{
	kindPrepare:          {"PREPARE", empty[Prepare]},
	kindPrepareOK:        {"PREPARE-OK", empty[PrepareOK]},
	kindCommit:           {"COMMIT", empty[Commit]},
	kindStartViewChange:  {"START-VIEW-CHANGE", empty[StartViewChange]},
	kindDoViewChange:     {"DO-VIEW-CHANGE", empty[DoViewChange]},
	kindStartView:        {"START-VIEW", empty[StartView]},
	kindRecovery:         {"RECOVERY", empty[Recovery]},
	kindRecoveryResponse: {"RECOVERY-RESPONSE", empty[RecoveryResponse]},
	kindGetState:         {"GET-STATE", empty[GetState]},
	kindNewState:         {"NEW-STATE", empty[NewState]},
	kindAccepted:         {"ACCEPTED", empty[Accepted]},
	kindResolve:          {"RESOLVE", empty[Resolve]},
	kindResolved:         {"RESOLVED", empty[Resolved]},
	kindAskVotes:         {"ASK-VOTES", empty[AskVotes]},
	kindAskValue:         {"ASK-VALUE", empty[AskValue]},
	kindValue:            {"VALUE", empty[Value]},
	kindDecided:          {"DECIDED", empty[Decided]},
	kindSync:             {"SYNC", empty[Sync]},
	kindSyncReply:        {"SYNC-REPLY", empty[SyncReply]},
	kindConfirm:          {"CONFIRM", empty[Confirm]},
	kindSyncCommit:       {"SYNC-COMMIT", empty[SyncCommit]},
}

// empty returns a new message of type *M.
func empty[M any, P interface {
	*M
	Message
}]() Message {
	return P(new(M))
}

func (k kind) String() string {
	if k > 0 && k < kindEnd {
		return kinds[k].name
	}
	return fmt.Sprintf("KIND-%d", uint8(k))
}

// errPrefix refuses frames of other protocols. The other reasons are those of package replica/wire.
var errPrefix = errors.New("wire: frame does not start with the magic 0x4E42 and version 1")

// IsFrame reports whether b starts like a frame of this package.
func IsFrame(b []byte) bool { return len(b) >= 2 && binary.BigEndian.Uint16(b) == magic }

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
