package wire

import (
	"encoding/binary"

	"github.com/netordered/nopaxos/internal/codec"
	nopaxos "github.com/netordered/nopaxos/replica/wire"
)

// Sync asks whether the other replicas' logs agree with the leader's up to Slot, where it has this digest.
type Sync struct {
	Header
	Slot   uint64
	Digest nopaxos.Digest
}

// SyncReply has the digest of the sender's log at Slot; zero if the log ends before.
type SyncReply struct {
	Header
	Slot   uint64
	Digest nopaxos.Digest
}

// Confirm asks replicas whose logs agree with the leader's up to Slot to confirm them. At least f others agree, so no
// other log can have a superquorum. PREPARE-OK is the answer.
type Confirm struct {
	Header
	Slot   uint64
	Digest nopaxos.Digest
}

// SyncCommit says that the log with this digest is committed up to Slot.
type SyncCommit struct {
	Header
	Slot   uint64
	Digest nopaxos.Digest
}

func (*Sync) kind() kind       { return kindSync }
func (*SyncReply) kind() kind  { return kindSyncReply }
func (*Confirm) kind() kind    { return kindConfirm }
func (*SyncCommit) kind() kind { return kindSyncCommit }

func (m *Sync) appendBody(b []byte) []byte { return appendDigest(appendU64(b, m.Slot), m.Digest) }
func (m *Sync) parseBody(r *reader)        { m.Slot, m.Digest = r.U64(), r.digest() }

func (m *SyncReply) appendBody(b []byte) []byte { return appendDigest(appendU64(b, m.Slot), m.Digest) }
func (m *SyncReply) parseBody(r *reader)        { m.Slot, m.Digest = r.U64(), r.digest() }

func (m *Confirm) appendBody(b []byte) []byte { return appendDigest(appendU64(b, m.Slot), m.Digest) }
func (m *Confirm) parseBody(r *reader)        { m.Slot, m.Digest = r.U64(), r.digest() }

func (m *SyncCommit) appendBody(b []byte) []byte { return appendDigest(appendU64(b, m.Slot), m.Digest) }
func (m *SyncCommit) parseBody(r *reader)        { m.Slot, m.Digest = r.U64(), r.digest() }

// Speculation precedes a REPLY of Speculative Paxos inside its tag: SPECULATIVE-REPLY. It identifies the log of the
// result.
type Speculation struct {
	Log   nopaxos.Digest // of the replica's log up to the REPLY's slot
	Final bool           // the slot is committed
}

// speculativeMagic is the first two bytes of a SPECULATIVE-REPLY: "NS".
const speculativeMagic = 0x4E53

// SpeculationLen is the length of a Speculation in bytes.
const SpeculationLen = 2 + 16 + 1

// AppendSpeculation appends the part before the REPLY.
func AppendSpeculation(b []byte, s *Speculation) []byte {
	b = appendU16(b, speculativeMagic)
	return codec.AppendBool(appendDigest(b, s.Log), s.Final)
}

// OpenSpeculative authenticates and reads a SPECULATIVE-REPLY, which m aliases.
func OpenSpeculative(auth nopaxos.Auth, frame []byte) (m nopaxos.Reply, s Speculation, ok bool) {
	if len(frame) < SpeculationLen+nopaxos.ReplyOverhead || binary.BigEndian.Uint16(frame) != speculativeMagic {
		return m, s, false
	}
	body, ok := auth.Open(frame)
	if !ok {
		return m, s, false
	}
	r := reader{codec.NewReader(body[2:])}
	s.Log, s.Final = r.digest(), r.Bool()
	reply := r.Rest()
	if kind, err := nopaxos.PeekKind(reply); err != nil || r.Err() != nil || kind != nopaxos.KindReply {
		return m, s, false
	}
	m, err := nopaxos.ParseReply(reply)
	return m, s, err == nil
}
