package wire

import nopaxos "github.com/netordered/nopaxos/replica/wire"

// Accepted is an acceptor's vote in the fast round of Fast Paxos (phase 2b), to the leader: it has the request with
// this tag at Slot.
type Accepted struct {
	Header
	Slot  uint64
	Value nopaxos.Digest
}

// Resolve is the leader's order after a collision (phase 2a of the round after the fast one): Entries are those at
// slots First, First+1, ….
type Resolve struct {
	Header
	First   uint64
	Entries [][]byte
}

// Resolved says that the sender has accepted the leader's entries at slots First … Last (phase 2b).
type Resolved struct {
	Header
	First, Last uint64
}

// AskVotes asks acceptors to repeat their votes at slots First … Last.
type AskVotes struct {
	Header
	First, Last uint64
}

// AskValue asks an acceptor for the entry that it voted for.
type AskValue struct {
	Header
	Slot uint64
}

// Value answers ASK-VALUE.
type Value struct {
	Header
	Slot  uint64
	Entry []byte
}

// Decided says that everything up to Slot is committed; Digest is that of the entries at slots (From, Slot].
type Decided struct {
	Header
	From, Slot uint64
	Digest     nopaxos.Digest
}

func (*Accepted) kind() kind { return kindAccepted }
func (*Resolve) kind() kind  { return kindResolve }
func (*Resolved) kind() kind { return kindResolved }
func (*AskVotes) kind() kind { return kindAskVotes }
func (*AskValue) kind() kind { return kindAskValue }
func (*Value) kind() kind    { return kindValue }
func (*Decided) kind() kind  { return kindDecided }

func (m *Accepted) appendBody(b []byte) []byte { return appendDigest(appendU64(b, m.Slot), m.Value) }
func (m *Accepted) parseBody(r *reader)        { m.Slot, m.Value = r.U64(), r.digest() }

func (m *Resolve) appendBody(b []byte) []byte { return appendEntries(appendU64(b, m.First), m.Entries) }
func (m *Resolve) parseBody(r *reader) {
	m.First, m.Entries = r.U64(), r.entries(m.Entries)
	if r.bounded(m.First, m.Entries); m.First == 0 {
		r.Fail(nopaxos.ErrValue)
	}
}

func (m *Resolved) appendBody(b []byte) []byte { return appendU64(appendU64(b, m.First), m.Last) }
func (m *Resolved) parseBody(r *reader)        { m.First, m.Last = r.U64(), r.U64() }

func (m *AskVotes) appendBody(b []byte) []byte { return appendU64(appendU64(b, m.First), m.Last) }
func (m *AskVotes) parseBody(r *reader)        { m.First, m.Last = r.U64(), r.U64() }

func (m *AskValue) appendBody(b []byte) []byte { return appendU64(b, m.Slot) }
func (m *AskValue) parseBody(r *reader)        { m.Slot = r.U64() }

func (m *Value) appendBody(b []byte) []byte { return appendBytes(appendU64(b, m.Slot), m.Entry) }
func (m *Value) parseBody(r *reader)        { m.Slot, m.Entry = r.U64(), r.sized() }

func (m *Decided) appendBody(b []byte) []byte {
	return appendDigest(appendU64(appendU64(b, m.From), m.Slot), m.Digest)
}
func (m *Decided) parseBody(r *reader) {
	m.From, m.Slot, m.Digest = r.U64(), r.U64(), r.digest()
	if m.From > m.Slot {
		r.Fail(nopaxos.ErrValue)
	}
}
