package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"

	"github.com/netordered/nopaxos/internal/codec"
)

const (
	// Magic is the first two bytes of every frame: "NP".
	Magic = 0x4E50
	// Version is the supported frame version.
	Version = 1
	// PrefixLen is the length in bytes of magic, version and kind.
	PrefixLen = 4
)

// Kind is the kind of a message.
type Kind uint8

// The messages of the protocol. Values are part of the wire format.
const (
	KindRequest       Kind = 1
	KindTick          Kind = 2
	KindReply         Kind = 3
	KindSlotLookup    Kind = 4
	KindSlotEntries   Kind = 5
	KindGapAsk        Kind = 6
	KindGapCommit     Kind = 7
	KindGapCommitRep  Kind = 8
	KindViewChangeReq Kind = 9
	KindViewChange    Kind = 10
	KindStartView     Kind = 11
	KindStartViewRep  Kind = 12
	KindSyncPrepare   Kind = 13
	KindSyncRep       Kind = 14
	KindSyncCommit    Kind = 15
	KindPing          Kind = 16
	KindRecover       Kind = 17
	KindFetch         Kind = 18
	KindFetchLog      Kind = 19
	KindFetchSnapshot Kind = 20
	KindSnapshotChunk Kind = 21

	kindEnd Kind = 22
)

var kindNames = [kindEnd]string{
	KindRequest: "REQUEST", KindTick: "TICK", KindReply: "REPLY", KindSlotLookup: "SLOT-LOOKUP",
	KindSlotEntries: "SLOT-ENTRIES", KindGapAsk: "GAP-ASK", KindGapCommit: "GAP-COMMIT",
	KindGapCommitRep: "GAP-COMMIT-REP", KindViewChangeReq: "VIEW-CHANGE-REQ", KindViewChange: "VIEW-CHANGE",
	KindStartView: "START-VIEW", KindStartViewRep: "START-VIEW-REP", KindSyncPrepare: "SYNC-PREPARE",
	KindSyncRep: "SYNC-REP", KindSyncCommit: "SYNC-COMMIT", KindPing: "PING", KindRecover: "RECOVER",
	KindFetch: "FETCH", KindFetchLog: "FETCH-LOG", KindFetchSnapshot: "FETCH-SNAPSHOT",
	KindSnapshotChunk: "SNAPSHOT-CHUNK",
}

func (k Kind) String() string {
	if k.valid() {
		return kindNames[k]
	}
	return fmt.Sprintf("KIND-%d", uint8(k))
}

func (k Kind) valid() bool { return k > 0 && k < kindEnd }

// FromClient reports whether frames of this kind travel between clients and replicas, under the clients' key, and
// not among replicas.
func (k Kind) FromClient() bool { return k == KindRequest || k == KindReply }

// Reasons to reject a frame. They carry no detail, so that rejecting allocates nothing; receivers count them by
// identity.
var (
	ErrShort   = codec.ErrShort
	ErrMagic   = errors.New("wire: frame does not start with the magic 0x4E50")
	ErrVersion = errors.New("wire: frame version is not 1")
	ErrKind    = errors.New("wire: unknown message kind")
	ErrTag     = errors.New("wire: authentication tag is wrong")
	ErrLength  = codec.ErrLength
	ErrValue   = codec.ErrValue
)

// IsFrame reports whether b starts with the magic of a frame, which OUM datagrams do not.
func IsFrame(b []byte) bool { return len(b) >= 2 && binary.BigEndian.Uint16(b) == Magic }

// PeekKind returns the kind of a frame after checking magic and version.
func PeekKind(b []byte) (Kind, error) {
	if len(b) < PrefixLen {
		return 0, ErrShort
	}
	if binary.BigEndian.Uint16(b) != Magic {
		return 0, ErrMagic
	}
	if b[2] != Version {
		return 0, ErrVersion
	}
	k := Kind(b[3])
	if !k.valid() {
		return 0, ErrKind
	}
	return k, nil
}

func appendPrefix(b []byte, k Kind) []byte {
	return append(b, byte(Magic>>8), byte(Magic&0xff), Version, byte(k))
}

// View is ⟨leader-num, session-num⟩ (OSDI 2016 §5.2). Views are partially ordered: v ≤ w iff both components are.
type View struct {
	Leader  uint64
	Session uint32
}

// LessEq reports whether v ≤ w.
func (v View) LessEq(w View) bool { return v.Leader <= w.Leader && v.Session <= w.Session }

// Less reports whether v < w: v ≤ w and v ≠ w.
func (v View) Less(w View) bool { return v != w && v.LessEq(w) }

// Join returns the component-wise maximum of v and w, the smallest view that is ≥ both.
func (v View) Join(w View) View {
	return View{Leader: max(v.Leader, w.Leader), Session: max(v.Session, w.Session)}
}

// LeaderOf returns the number of the replica that leads v in a group of n.
func (v View) LeaderOf(n int) int { return int(v.Leader % uint64(n)) }

func (v View) String() string { return fmt.Sprintf("<%d,%d>", v.Leader, v.Session) }

// Digest is the chained digest of a log's prefix.
type Digest struct{ Hi, Lo uint64 }

func (d Digest) String() string { return fmt.Sprintf("%016x%016x", d.Hi, d.Lo) }

// ClientID identifies a client. Lo is the slot of its REGISTER and Hi is 0; in a REGISTER and its REPLY it is the
// client's random 128-bit nonce, whose Hi is not 0.
type ClientID struct{ Hi, Lo uint64 }

func (c ClientID) String() string {
	if c.Hi == 0 {
		return fmt.Sprintf("c%d", c.Lo)
	}
	return fmt.Sprintf("nonce-%016x%016x", c.Hi, c.Lo)
}

// reader reads the fields of this package's frames.
type reader struct{ codec.Reader }

func newReader(frame []byte) reader { return reader{codec.NewReader(frame[PrefixLen:])} }

func (r *reader) view() View     { return View{Leader: r.U64(), Session: r.U32()} }
func (r *reader) digest() Digest { return Digest{Hi: r.U64(), Lo: r.U64()} }

func appendU16(b []byte, v uint16) []byte { return binary.BigEndian.AppendUint16(b, v) }
func appendU32(b []byte, v uint32) []byte { return binary.BigEndian.AppendUint32(b, v) }
func appendU64(b []byte, v uint64) []byte { return binary.BigEndian.AppendUint64(b, v) }

func appendView(b []byte, v View) []byte     { return appendU32(appendU64(b, v.Leader), v.Session) }
func appendDigest(b []byte, d Digest) []byte { return appendU64(appendU64(b, d.Hi), d.Lo) }
func appendClientID(b []byte, c ClientID) []byte {
	return appendU64(appendU64(b, c.Hi), c.Lo)
}

// An address is encoded as 16 bytes (IPv4 mapped into IPv6) and a port.
func appendAddr(b []byte, a netip.AddrPort) []byte {
	ip := a.Addr().As16()
	return appendU16(append(b, ip[:]...), a.Port())
}

// addrLen is the length of an address in bytes.
const addrLen = 18

// addrAt decodes an address.
func addrAt(b *[addrLen]byte) netip.AddrPort {
	port := binary.BigEndian.Uint16(b[16:])
	if binary.BigEndian.Uint64(b[:]) == 0 && binary.BigEndian.Uint32(b[8:]) == 0xffff {
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte(b[12:])), port)
	}
	return netip.AddrPortFrom(netip.AddrFrom16([16]byte(b[:16])), port)
}
