package wire

import (
	"github.com/netordered/nopaxos/internal/codec"
	nopaxos "github.com/netordered/nopaxos/replica/wire"
)

// Header is the start of every message.
type Header struct {
	View        uint64
	Replica     uint16 // the sender
	Incarnation uint64 // the sender's; grows with each of its starts
}

// Head returns the header, which may be changed.
func (h *Header) Head() *Header { return h }

// Message is a message among replicas. The dynamic types are the structs of this package.
type Message interface {
	kind() kind
	Head() *Header

	appendBody(b []byte) []byte
	parseBody(r *reader)
}

// Append appends the sealed frame of m.
func Append(b []byte, m Message, auth nopaxos.Auth) []byte {
	start := len(b)
	b = append(b, magic>>8, magic&0xff, version, byte(m.kind()))
	h := m.Head()
	b = appendU64(b, h.View)
	b = appendU16(b, h.Replica)
	b = appendU64(b, h.Incarnation)
	return auth.Seal(m.appendBody(b), start)
}

// Decoder reads messages into reused memory: a message is valid until the next one of its kind, and aliases its
// frame. The zero Decoder is ready.
type Decoder struct {
	messages [kindEnd]Message
	reader   reader // of the current frame
}

// Open authenticates and reads a frame.
func (d *Decoder) Open(auth nopaxos.Auth, frame []byte) (Message, error) {
	if len(frame) < prefixLen+nopaxos.TagLen {
		return nil, nopaxos.ErrShort
	}
	if !IsFrame(frame) || frame[2] != version {
		return nil, errPrefix
	}
	k := kind(frame[3])
	if k == 0 || k >= kindEnd {
		return nil, nopaxos.ErrKind
	}
	body, ok := auth.Open(frame)
	if !ok {
		return nil, nopaxos.ErrTag
	}
	m := d.messages[k]
	if m == nil {
		m = kinds[k].empty()
		d.messages[k] = m
	}
	r := &d.reader
	*r = reader{codec.NewReader(body[prefixLen:])}
	*m.Head() = Header{View: r.U64(), Replica: r.U16(), Incarnation: r.U64()}
	m.parseBody(r)
	if err := r.Done(); err != nil {
		return nil, err
	}
	return m, nil
}

// Prepare is the leader's order for the slots First, First+1, …: PREPARE ⟨v, m, n, k⟩ of VR, with one request or a
// batch.
type Prepare struct {
	Header
	First   uint64
	Commit  uint64 // everything at or below is committed
	Entries [][]byte
}

// PrepareOverhead is the length of a PREPARE without entries, in bytes, including the tag; EntryOverhead is that of
// an entry without its payload.
const (
	PrepareOverhead = prefixLen + 18 + 8 + 8 + 4 + nopaxos.TagLen
	EntryOverhead   = 4
)

// PrepareOK says that the sender's log agrees with the leader's up to Slot.
type PrepareOK struct {
	Header
	Slot uint64
}

// Commit announces the leader's commit, and that the leader is up.
type Commit struct {
	Header
	Commit uint64
}

// StartViewChange proposes the view of the header. At the leader of a view that has started it requests a repeated
// START-VIEW.
type StartViewChange struct {
	Header
	Vector []uint64 // newest incarnations known to the sender, by replica
}

// DoViewChange is a promise for the view of the header, to its leader.
type DoViewChange struct {
	Header
	LastNormal uint64 // latest view in which the sender was in status normal
	Commit     uint64
	Entries    [][]byte // of the sender's log behind Commit
	Marks      []byte   // by entry: how it was accepted, in the protocol's terms
	Vector     []uint64
}

// End returns the last slot of the sender's log.
func (m *DoViewChange) End() uint64 { return m.Commit + uint64(len(m.Entries)) }

// Has reports whether the entry at a slot is among Entries.
func (m *DoViewChange) Has(slot uint64) bool { return slot > m.Commit && slot <= m.End() }

// At returns the entry at a slot among Entries, and its mark.
func (m *DoViewChange) At(slot uint64) (entry []byte, mark uint8) {
	i := slot - m.Commit - 1
	return m.Entries[i], m.Marks[i]
}

// StartView announces the leader's log, at the start of the view or as it is when the message is repeated.
type StartView struct {
	Header
	Commit  uint64
	Entries [][]byte // behind Commit
	Marks   []byte   // by entry: how the leader has accepted it
	Vector  []uint64 // of the time when the view was formed
}

// Recovery asks for the state: its sender was restarted with the incarnation of the header.
type Recovery struct{ Header }

// RecoveryResponse answers RECOVERY; the leader of the view adds its log.
type RecoveryResponse struct {
	Header
	Nonce   uint64 // incarnation of the asking replica
	Leader  bool
	Commit  uint64
	Entries [][]byte // behind Commit, from the leader
	Marks   []byte   // as in START-VIEW
	Vector  []uint64
}

// GetState asks for the entries at slots (Lo, Hi].
type GetState struct {
	Header
	Lo, Hi uint64
}

// NewState answers GET-STATE with the entries behind Base that fit. If the log starts later, Base is the slot of
// Snapshot.
type NewState struct {
	Header
	Base     uint64
	Commit   uint64 // entries at or below are committed; others are of the header's view
	Snapshot []byte
	Entries  [][]byte
}

func (*Prepare) kind() kind          { return kindPrepare }
func (*PrepareOK) kind() kind        { return kindPrepareOK }
func (*Commit) kind() kind           { return kindCommit }
func (*StartViewChange) kind() kind  { return kindStartViewChange }
func (*DoViewChange) kind() kind     { return kindDoViewChange }
func (*StartView) kind() kind        { return kindStartView }
func (*Recovery) kind() kind         { return kindRecovery }
func (*RecoveryResponse) kind() kind { return kindRecoveryResponse }
func (*GetState) kind() kind         { return kindGetState }
func (*NewState) kind() kind         { return kindNewState }

func (m *Prepare) appendBody(b []byte) []byte {
	return appendEntries(appendU64(appendU64(b, m.First), m.Commit), m.Entries)
}
func (m *Prepare) parseBody(r *reader) {
	m.First, m.Commit, m.Entries = r.U64(), r.U64(), r.entries(m.Entries)
	if m.First == 0 || m.First+uint64(len(m.Entries)) < m.First {
		r.Fail(nopaxos.ErrValue)
	}
}

func (m *PrepareOK) appendBody(b []byte) []byte { return appendU64(b, m.Slot) }
func (m *PrepareOK) parseBody(r *reader)        { m.Slot = r.U64() }

func (m *Commit) appendBody(b []byte) []byte { return appendU64(b, m.Commit) }
func (m *Commit) parseBody(r *reader)        { m.Commit = r.U64() }

func (m *StartViewChange) appendBody(b []byte) []byte { return appendVector(b, m.Vector) }
func (m *StartViewChange) parseBody(r *reader)        { m.Vector = r.vector() }

func (m *DoViewChange) appendBody(b []byte) []byte {
	b = appendU64(appendU64(b, m.LastNormal), m.Commit)
	b = append(appendEntries(b, m.Entries), m.Marks...)
	return appendVector(b, m.Vector)
}
func (m *DoViewChange) parseBody(r *reader) {
	m.LastNormal, m.Commit, m.Entries = r.U64(), r.U64(), r.entries(m.Entries)
	m.Marks, m.Vector = r.Bytes(len(m.Entries)), r.vector()
	r.bounded(m.Commit, m.Entries)
}

func (m *StartView) appendBody(b []byte) []byte {
	b = append(appendEntries(appendU64(b, m.Commit), m.Entries), m.Marks...)
	return appendVector(b, m.Vector)
}
func (m *StartView) parseBody(r *reader) {
	m.Commit, m.Entries = r.U64(), r.entries(m.Entries)
	m.Marks, m.Vector = r.Bytes(len(m.Entries)), r.vector()
	r.bounded(m.Commit, m.Entries)
}

func (m *Recovery) appendBody(b []byte) []byte { return b }
func (m *Recovery) parseBody(*reader)          {}

func (m *RecoveryResponse) appendBody(b []byte) []byte {
	b = appendU64(codec.AppendBool(appendU64(b, m.Nonce), m.Leader), m.Commit)
	b = append(appendEntries(b, m.Entries), m.Marks...)
	return appendVector(b, m.Vector)
}
func (m *RecoveryResponse) parseBody(r *reader) {
	m.Nonce, m.Leader, m.Commit, m.Entries = r.U64(), r.Bool(), r.U64(), r.entries(m.Entries)
	m.Marks, m.Vector = r.Bytes(len(m.Entries)), r.vector()
	r.bounded(m.Commit, m.Entries)
}

func (m *GetState) appendBody(b []byte) []byte { return appendU64(appendU64(b, m.Lo), m.Hi) }
func (m *GetState) parseBody(r *reader)        { m.Lo, m.Hi = r.U64(), r.U64() }

func (m *NewState) appendBody(b []byte) []byte {
	b = appendBytes(appendU64(appendU64(b, m.Base), m.Commit), m.Snapshot)
	return appendEntries(b, m.Entries)
}
func (m *NewState) parseBody(r *reader) {
	m.Base, m.Commit, m.Snapshot, m.Entries = r.U64(), r.U64(), r.sized(), r.entries(m.Entries)
	r.bounded(m.Base, m.Entries)
}

// bounded checks that the slots of entries behind base exist.
func (r *reader) bounded(base uint64, entries [][]byte) {
	if base+uint64(len(entries)) < base {
		r.Fail(nopaxos.ErrValue)
	}
}
