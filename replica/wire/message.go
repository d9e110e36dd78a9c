package wire

import "github.com/netordered/nopaxos/internal/codec"

// Header is the common part of the messages among replicas. View is the view of the message; in RECOVER it is the
// durable view.
type Header struct {
	View        View
	Replica     uint16 // the sender
	Incarnation uint64 // the sender's: how often it was started
}

func appendHeader(b []byte, k Kind, h Header) []byte {
	b = appendPrefix(b, k)
	b = appendView(b, h.View)
	b = appendU16(b, h.Replica)
	return appendU64(b, h.Incarnation)
}

func (r *reader) header() Header {
	return Header{View: r.view(), Replica: r.U16(), Incarnation: r.U64()}
}

// Message is a message among replicas. The dynamic types are the structs of this file.
type Message interface {
	// Kind returns the kind of the message.
	Kind() Kind
	// Head returns the header, which the caller may change.
	Head() *Header

	appendBody(b []byte) []byte
	parseBody(r *reader)
}

func (h *Header) Head() *Header { return h }

// Append appends the frame of m, without tag.
func Append(b []byte, m Message) []byte {
	return m.appendBody(appendHeader(b, m.Kind(), *m.Head()))
}

// Decoder parses messages among replicas into reused memory: a message is valid until the next one of its kind.
// It allocates messages that alias their frame. The zero Decoder is ready for use.
type Decoder struct {
	messages [kindEnd]Message
	reader   reader // of the frame that is being read
}

// Parse parses a frame that Keys.Open returned with the given kind, which must be one that replicas send to each
// other directly. Slices in the message alias the frame.
func (d *Decoder) Parse(kind Kind, frame []byte) (Message, error) {
	if !kind.valid() {
		return nil, ErrKind
	}
	m := d.messages[kind]
	if m == nil {
		if m = newMessage(kind); m == nil {
			return nil, ErrKind
		}
		if !kind.aliasesFrame() {
			d.messages[kind] = m
		}
	}
	r := &d.reader
	*r = newReader(frame)
	*m.Head() = r.header()
	m.parseBody(r)
	err := r.Done()
	*r = reader{} // drop the reference to the caller's frame
	if err != nil {
		return nil, err
	}
	return m, nil
}

// aliasesFrame reports whether messages of the kind refer to their frame, which may be large.
func (k Kind) aliasesFrame() bool {
	switch k {
	case KindSlotEntries, KindViewChange, KindStartView, KindFetchLog, KindSnapshotChunk:
		return true
	}
	return false
}

// Parse is like Decoder.Parse but allocates the message.
func Parse(kind Kind, frame []byte) (Message, error) { return new(Decoder).Parse(kind, frame) }

// newMessage returns an empty message, or nil for a kind that replicas do not send to each other directly.
func newMessage(kind Kind) Message {
	switch kind {
	case KindSlotLookup:
		return new(SlotLookup)
	case KindSlotEntries:
		return new(SlotEntries)
	case KindGapAsk:
		return new(GapAsk)
	case KindGapCommit:
		return new(GapCommit)
	case KindGapCommitRep:
		return new(GapCommitRep)
	case KindViewChangeReq:
		return new(ViewChangeReq)
	case KindViewChange:
		return new(ViewChange)
	case KindStartView:
		return new(StartView)
	case KindStartViewRep:
		return new(StartViewRep)
	case KindSyncPrepare:
		return new(SyncPrepare)
	case KindSyncRep:
		return new(SyncRep)
	case KindSyncCommit:
		return new(SyncCommit)
	case KindPing:
		return new(Ping)
	case KindRecover:
		return new(Recover)
	case KindFetch:
		return new(Fetch)
	case KindFetchLog:
		return new(FetchLog)
	case KindFetchSnapshot:
		return new(FetchSnapshot)
	case KindSnapshotChunk:
		return new(SnapshotChunk)
	}
	return nil
}

// SlotLookup is a follower's request to the leader for entries at slots that it lacks.
type SlotLookup struct {
	Header
	Ranges []Range
}

// SlotEntries answers SLOT-LOOKUP and GAP-ASK.
type SlotEntries struct {
	Header
	Start   uint64  // the sender's log starts behind this slot; entries at or below it are in a snapshot
	None    []Range // requested slots at which the sender has no entry
	Entries []Entry
}

// GapAsk is the leader's request to its peers for entries at slots that it lacks.
type GapAsk struct {
	Header
	Ranges []Range
}

// GapCommit announces that the leader decided NO-OP at the slots.
type GapCommit struct {
	Header
	Ranges []Range
}

// GapCommitRep acknowledges that the sender's log has NO-OPs at the slots, or is stable there.
type GapCommitRep struct {
	Header
	Ranges []Range
}

// ViewChangeReq asks the receiver to move to the header's view.
type ViewChangeReq struct{ Header }

// ViewChange is a promise for the header's view, with the sender's log.
type ViewChange struct {
	Header
	LastNormal View   // last view in which the sender was in status normal
	Base       uint64 // of the log
	SP         uint64 // stable prefix
	DigestSP   Digest
	End        uint64  // last slot of the log
	Entries    []Entry // SP+1 … End
}

// StartView announces the log with which the header's view starts. A retransmission has no entries, and the
// leader's current SP and End.
type StartView struct {
	Header
	Base      uint64
	SP        uint64
	DigestSP  Digest
	End       uint64
	DigestEnd Digest
	WithLog   bool
	Entries   []Entry // SP+1 … End if WithLog
}

// StartViewRep acknowledges that the sender entered the view.
type StartViewRep struct{ Header }

// SyncPrepare proposes slot P as the next sync point.
type SyncPrepare struct {
	Header
	P         uint64
	DigestP   Digest
	SP        uint64 // the leader's current sync point; has the effect of a SYNC-COMMIT
	DigestSP  Digest
	WithNoOps bool    // NoOps is complete
	Q         uint64  // NoOps lists the NO-OPs in (Q, P]
	NoOps     []Range // ascending
}

// SyncRep acknowledges that the sender's log agrees with the leader's up to P.
type SyncRep struct {
	Header
	P uint64
}

// SyncCommit announces that P is a sync point: f+1 replicas hold the same log up to it.
type SyncCommit struct {
	Header
	P       uint64
	DigestP Digest
}

// Ping is the leader's heartbeat. While the leader forms its view, End counts its progress.
type Ping struct {
	Header
	End       uint64 // end of the leader's log, in slots
	TicksSeen uint64 // its own TICKs that came back through the sequencer in this view
	Full      bool   // its log is full and it drops stamped messages
	Forming   bool   // the leader has not entered the view yet
}

// Recover is sent by a restarted replica without its log, which asks for a view to enter.
type Recover struct{ Header }

// Fetch requests the entries at slots (Lo, Hi].
type Fetch struct {
	Header
	Lo, Hi uint64
}

// FetchLog answers FETCH with entries from Lo+1 on, as many as fit. It has none if the sender's log ends at or
// below Lo, or starts above it, in which case the receiver needs a snapshot.
type FetchLog struct {
	Header
	LastNormal View   // of the sender's log
	Start      uint64 // the log starts behind this slot
	End        uint64 // the log ends at this slot
	Lo         uint64
	Entries    []Entry
}

// FetchSnapshot requests the part of a snapshot that starts at Offset. Slot 0 stands for the newest snapshot.
type FetchSnapshot struct {
	Header
	Slot   uint64
	Offset uint64
}

// SnapshotChunk answers FETCH-SNAPSHOT.
type SnapshotChunk struct {
	Header
	LastNormal View
	Slot       uint64
	Offset     uint64
	Sum        uint64 // xxHash64 of the snapshot up to the end of Data
	Last       bool   // the snapshot ends with Data
	Data       []byte
}

func (*SlotLookup) Kind() Kind    { return KindSlotLookup }
func (*SlotEntries) Kind() Kind   { return KindSlotEntries }
func (*GapAsk) Kind() Kind        { return KindGapAsk }
func (*GapCommit) Kind() Kind     { return KindGapCommit }
func (*GapCommitRep) Kind() Kind  { return KindGapCommitRep }
func (*ViewChangeReq) Kind() Kind { return KindViewChangeReq }
func (*ViewChange) Kind() Kind    { return KindViewChange }
func (*StartView) Kind() Kind     { return KindStartView }
func (*StartViewRep) Kind() Kind  { return KindStartViewRep }
func (*SyncPrepare) Kind() Kind   { return KindSyncPrepare }
func (*SyncRep) Kind() Kind       { return KindSyncRep }
func (*SyncCommit) Kind() Kind    { return KindSyncCommit }
func (*Ping) Kind() Kind          { return KindPing }
func (*Recover) Kind() Kind       { return KindRecover }
func (*Fetch) Kind() Kind         { return KindFetch }
func (*FetchLog) Kind() Kind      { return KindFetchLog }
func (*FetchSnapshot) Kind() Kind { return KindFetchSnapshot }
func (*SnapshotChunk) Kind() Kind { return KindSnapshotChunk }

func (m *SlotLookup) appendBody(b []byte) []byte { return appendRanges(b, m.Ranges) }
func (m *SlotLookup) parseBody(r *reader)        { m.Ranges = r.ranges() }

func (m *SlotEntries) appendBody(b []byte) []byte {
	b = appendU64(b, m.Start)
	b = appendRanges(b, m.None)
	return appendEntries(b, m.Entries)
}
func (m *SlotEntries) parseBody(r *reader) {
	m.Start, m.None, m.Entries = r.U64(), r.ranges(), r.entries()
}

func (m *GapAsk) appendBody(b []byte) []byte { return appendRanges(b, m.Ranges) }
func (m *GapAsk) parseBody(r *reader)        { m.Ranges = r.ranges() }

func (m *GapCommit) appendBody(b []byte) []byte { return appendRanges(b, m.Ranges) }
func (m *GapCommit) parseBody(r *reader)        { m.Ranges = r.ranges() }

func (m *GapCommitRep) appendBody(b []byte) []byte { return appendRanges(b, m.Ranges) }
func (m *GapCommitRep) parseBody(r *reader)        { m.Ranges = r.ranges() }

func (m *ViewChangeReq) appendBody(b []byte) []byte { return b }
func (m *ViewChangeReq) parseBody(*reader)          {}

func (m *ViewChange) appendBody(b []byte) []byte {
	b = appendView(b, m.LastNormal)
	b = appendU64(b, m.Base)
	b = appendU64(b, m.SP)
	b = appendDigest(b, m.DigestSP)
	b = appendU64(b, m.End)
	return appendEntries(b, m.Entries)
}
func (m *ViewChange) parseBody(r *reader) {
	m.LastNormal, m.Base, m.SP, m.DigestSP, m.End = r.view(), r.U64(), r.U64(), r.digest(), r.U64()
	m.Entries = r.entries()
	r.contiguous(m.SP, m.End, m.Entries)
}

func (m *StartView) appendBody(b []byte) []byte {
	b = appendU64(b, m.Base)
	b = appendU64(b, m.SP)
	b = appendDigest(b, m.DigestSP)
	b = appendU64(b, m.End)
	b = appendDigest(b, m.DigestEnd)
	b = codec.AppendBool(b, m.WithLog)
	return appendEntries(b, m.Entries)
}
func (m *StartView) parseBody(r *reader) {
	m.Base, m.SP, m.DigestSP, m.End, m.DigestEnd = r.U64(), r.U64(), r.digest(), r.U64(), r.digest()
	m.WithLog, m.Entries = r.Bool(), r.entries()
	if m.SP > m.End || (!m.WithLog && len(m.Entries) > 0) {
		r.Fail(ErrValue)
	}
	if m.WithLog {
		r.contiguous(m.SP, m.End, m.Entries)
	}
}

func (m *StartViewRep) appendBody(b []byte) []byte { return b }
func (m *StartViewRep) parseBody(*reader)          {}

func (m *SyncPrepare) appendBody(b []byte) []byte {
	b = appendU64(b, m.P)
	b = appendDigest(b, m.DigestP)
	b = appendU64(b, m.SP)
	b = appendDigest(b, m.DigestSP)
	b = codec.AppendBool(b, m.WithNoOps)
	b = appendU64(b, m.Q)
	return appendRanges(b, m.NoOps)
}
func (m *SyncPrepare) parseBody(r *reader) {
	m.P, m.DigestP, m.SP, m.DigestSP = r.U64(), r.digest(), r.U64(), r.digest()
	m.WithNoOps, m.Q, m.NoOps = r.Bool(), r.U64(), r.ranges()
	if m.SP > m.P || m.Q > m.P {
		r.Fail(ErrValue)
	}
	for _, n := range m.NoOps {
		if n.First <= m.Q || n.Last > m.P {
			r.Fail(ErrValue)
		}
	}
}

func (m *SyncRep) appendBody(b []byte) []byte { return appendU64(b, m.P) }
func (m *SyncRep) parseBody(r *reader)        { m.P = r.U64() }

func (m *SyncCommit) appendBody(b []byte) []byte { return appendDigest(appendU64(b, m.P), m.DigestP) }
func (m *SyncCommit) parseBody(r *reader)        { m.P, m.DigestP = r.U64(), r.digest() }

func (m *Ping) appendBody(b []byte) []byte {
	b = appendU64(b, m.End)
	b = appendU64(b, m.TicksSeen)
	b = codec.AppendBool(b, m.Full)
	return codec.AppendBool(b, m.Forming)
}
func (m *Ping) parseBody(r *reader) {
	m.End, m.TicksSeen, m.Full, m.Forming = r.U64(), r.U64(), r.Bool(), r.Bool()
}

func (m *Recover) appendBody(b []byte) []byte { return b }
func (m *Recover) parseBody(*reader)          {}

func (m *Fetch) appendBody(b []byte) []byte { return appendU64(appendU64(b, m.Lo), m.Hi) }
func (m *Fetch) parseBody(r *reader) {
	m.Lo, m.Hi = r.U64(), r.U64()
	if m.Lo >= m.Hi {
		r.Fail(ErrValue)
	}
}

func (m *FetchLog) appendBody(b []byte) []byte {
	b = appendView(b, m.LastNormal)
	b = appendU64(b, m.Start)
	b = appendU64(b, m.End)
	b = appendU64(b, m.Lo)
	return appendEntries(b, m.Entries)
}
func (m *FetchLog) parseBody(r *reader) {
	m.LastNormal, m.Start, m.End, m.Lo = r.view(), r.U64(), r.U64(), r.U64()
	m.Entries = r.entries()
	if n := len(m.Entries); n > 0 {
		r.contiguous(m.Lo, m.Entries[n-1].Last(), m.Entries)
	}
}

func (m *FetchSnapshot) appendBody(b []byte) []byte { return appendU64(appendU64(b, m.Slot), m.Offset) }
func (m *FetchSnapshot) parseBody(r *reader)        { m.Slot, m.Offset = r.U64(), r.U64() }

func (m *SnapshotChunk) appendBody(b []byte) []byte {
	b = appendView(b, m.LastNormal)
	b = appendU64(b, m.Slot)
	b = appendU64(b, m.Offset)
	b = appendU64(b, m.Sum)
	b = codec.AppendBool(b, m.Last)
	return append(b, m.Data...)
}
func (m *SnapshotChunk) parseBody(r *reader) {
	m.LastNormal, m.Slot, m.Offset, m.Sum, m.Last = r.view(), r.U64(), r.U64(), r.U64(), r.Bool()
	m.Data = r.Rest()
	if n := uint64(len(m.Data)); m.Offset+n < m.Offset {
		r.Fail(ErrValue)
	}
}
