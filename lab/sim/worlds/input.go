package worlds

import (
	"encoding/binary"
	"slices"

	"github.com/netordered/nopaxos/oumlib"
	"github.com/netordered/nopaxos/replica/wire"
)

// inputKind is the kind of an input.
type inputKind uint8

const (
	inputFrame   inputKind = iota // a message of another replica
	inputStamped                  // a stamped datagram
	inputSession                  // the controller announces the current session
	inputShort                    // a short step of time, and a tick
	inputMedium                   // a medium one
	inputLong                     // a long one
	inputReply                    // a client: a REPLY
	inputInvoke                   // a client: an operation of its application
	inputResend                   // a client: its time-out
)

// inputID identifies an input.
type inputID uint32

// input is an input to a node.
type input struct {
	kind inputKind
	data []byte // the frame, the datagram or the operation
	// Of a frame:
	message wire.Kind
	view    wire.View
	from    int
	behind  uint64 // of FETCH-LOG: its entries start behind this slot
	last    uint64 // highest slot that it carries or requests, if any
	// Of a session:
	session uint32
}

// inputs has all distinct inputs so far.
type inputs struct {
	keys wire.Keys
	all  []input
	ids  map[string]inputID
}

func (t *inputs) id(in input) inputID {
	key := binary.BigEndian.AppendUint32([]byte{byte(in.kind)}, in.session)
	key = append(key, in.data...)
	if id, ok := t.ids[string(key)]; ok {
		return id
	}
	id := inputID(len(t.all))
	t.ids[string(key)] = id
	t.all = append(t.all, in)
	return id
}

// open opens and parses a frame of a replica.
func (t *inputs) open(data []byte) (m wire.Message, err error) {
	kind, body, err := t.keys.Open(data)
	if err != nil {
		return nil, err
	}
	return wire.Parse(kind, body)
}

// lastSlot returns the highest slot that a message carries or requests, or 0.
func lastSlot(m wire.Message) (last uint64) {
	ranges := func(r []wire.Range) {
		for i := range r {
			last = max(last, r[i].Last)
		}
	}
	entries := func(e []wire.Entry) {
		for i := range e {
			last = max(last, e[i].Last())
		}
	}
	switch m := m.(type) {
	case *wire.SlotLookup:
		ranges(m.Ranges)
	case *wire.SlotEntries:
		entries(m.Entries)
		ranges(m.None)
		last = max(last, m.Start)
	case *wire.GapAsk:
		ranges(m.Ranges)
	case *wire.GapCommit:
		ranges(m.Ranges)
	case *wire.GapCommitRep:
		ranges(m.Ranges)
	case *wire.SyncPrepare:
		return m.P
	case *wire.SyncRep:
		return m.P
	case *wire.SyncCommit:
		return m.P
	case *wire.Fetch:
		return m.Hi
	case *wire.FetchLog:
		entries(m.Entries)
		last = max(last, m.Start)
	}
	return last
}

// stamped returns the input of a frame stamped with a session and number.
func (t *inputs) stamped(session uint32, number uint64, frame []byte) inputID {
	datagram := oumlib.AppendHeader(nil, oumlib.Header{
		Flags: oumlib.FlagSequenced, Group: group, Session: session, Seq: number,
		Token: oumlib.SessionToken(t.keys.Token, group, session),
	})
	return t.id(input{kind: inputStamped, data: append(datagram, frame...), session: session})
}

// setID identifies a set of inputs.
type setID uint32

// emptySet is the empty set.
const emptySet setID = 0

// sets has all distinct sets of inputs so far, with ascending members.
type sets struct {
	all    [][]inputID
	ids    map[string]setID
	unions map[[2]setID]setID
}

func newSets() sets {
	return sets{all: [][]inputID{nil}, ids: map[string]setID{"": emptySet}, unions: map[[2]setID]setID{}}
}

// id returns the id of the set of ascending members.
func (t *sets) id(members []inputID) setID {
	key := make([]byte, 0, 4*len(members))
	for _, m := range members {
		key = binary.BigEndian.AppendUint32(key, uint32(m))
	}
	if id, ok := t.ids[string(key)]; ok {
		return id
	}
	id := setID(len(t.all))
	t.ids[string(key)] = id
	t.all = append(t.all, slices.Clone(members))
	return id
}

func (t *sets) union(a, b setID) setID {
	if a == b || b == emptySet {
		return a
	}
	if id, ok := t.unions[[2]setID{a, b}]; ok {
		return id
	}
	members := append(slices.Clone(t.all[a]), t.all[b]...)
	slices.Sort(members)
	id := t.id(slices.Compact(members))
	t.unions[[2]setID{a, b}] = id
	return id
}

// contains reports whether b is a subset of a.
func (t *sets) contains(a, b setID) bool {
	return a == b || b == emptySet || t.union(a, b) == a
}
