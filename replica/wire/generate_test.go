package wire

import (
	"net/netip"

	"pgregory.net/rapid"
)

// Generators of messages that senders may write.

func genView(t *rapid.T) View {
	return View{Leader: rapid.Uint64().Draw(t, "leader"), Session: rapid.Uint32().Draw(t, "session")}
}

func genDigest(t *rapid.T) Digest {
	return Digest{Hi: rapid.Uint64().Draw(t, "hi"), Lo: rapid.Uint64().Draw(t, "lo")}
}

func genHeader(t *rapid.T) Header {
	return Header{View: genView(t), Replica: rapid.Uint16().Draw(t, "replica"), Incarnation: rapid.Uint64().Draw(t, "incarnation")}
}

func genBytes(t *rapid.T, max int) []byte {
	return rapid.SliceOfN(rapid.Byte(), 1, max).Draw(t, "bytes")
}

func genAddr(t *rapid.T) netip.AddrPort {
	port := rapid.Uint16().Draw(t, "port")
	if rapid.Bool().Draw(t, "IPv6") {
		return netip.AddrPortFrom(netip.AddrFrom16([16]byte{0xfd, 15: rapid.Byte().Draw(t, "address")}), port)
	}
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, rapid.Byte().Draw(t, "address")}), port)
}

// genRanges returns ascending ranges in (after, …].
func genRanges(t *rapid.T, after uint64) []Range {
	var ranges []Range
	for range rapid.IntRange(0, 5).Draw(t, "ranges") {
		first := after + rapid.Uint64Range(1, 1000).Draw(t, "gap")
		after = first + rapid.Uint64Range(0, 1000).Draw(t, "length")
		ranges = append(ranges, Range{First: first, Last: after})
	}
	return ranges
}

func genRequest(t *rapid.T) Request {
	m := Request{Register: rapid.Bool().Draw(t, "register"), ReplyTo: genAddr(t), Op: genBytes(t, 40)}
	m.ID = rapid.Uint64Range(1, 1<<63).Draw(t, "id")
	m.Low = rapid.Uint64Range(1, m.ID).Draw(t, "low")
	m.Client.Lo = rapid.Uint64().Draw(t, "client")
	if m.Register {
		m.Client.Hi = rapid.Uint64Min(1).Draw(t, "nonce")
	}
	return m
}

func genTick(t *rapid.T) Tick {
	return Tick{
		View: genView(t), Replica: rapid.Uint16().Draw(t, "replica"),
		Incarnation: rapid.Uint64().Draw(t, "incarnation"), Time: rapid.Uint64().Draw(t, "time"),
	}
}

func genReply(t *rapid.T) Reply {
	part := genBytes(t, 40)
	before := rapid.Uint32Range(0, 1000).Draw(t, "before")
	behind := rapid.Uint32Range(0, 1000).Draw(t, "behind")
	return Reply{
		View: genView(t), Slot: rapid.Uint64().Draw(t, "slot"),
		Client: ClientID{Hi: rapid.Uint64().Draw(t, "hi"), Lo: rapid.Uint64().Draw(t, "lo")},
		ID:     rapid.Uint64().Draw(t, "id"), Replica: rapid.Uint16().Draw(t, "replica"),
		Incarnation: rapid.Uint64().Draw(t, "incarnation"),
		Status:      Status(rapid.Uint8Range(0, uint8(statusEnd)-1).Draw(t, "status")),
		Total:       before + uint32(len(part)) + behind, Offset: before, Part: part,
	}
}

// genEntries returns entries that cover (after, end], and end.
func genEntries(t *rapid.T, after uint64) (entries []Entry, end uint64) {
	for range rapid.IntRange(0, 5).Draw(t, "entries") {
		e := Entry{Slot: after + 1, Session: rapid.Uint32().Draw(t, "session"), Number: rapid.Uint64Range(1, 1<<40).Draw(t, "number"), Count: 1}
		switch e.Kind = EntryKind(rapid.Uint8Range(1, 3).Draw(t, "kind")); e.Kind {
		case EntryRequest:
			m := genRequest(t)
			e.Payload = AppendRequest(nil, &m)
		case EntryTick:
			m := genTick(t)
			e.Payload = AppendTick(nil, &m)
		case EntryNoOp:
			e.Count = rapid.Uint64Range(1, 1<<20).Draw(t, "count")
		}
		entries = append(entries, e)
		after = e.Last()
	}
	return entries, after
}

// messages has a generator for every kind that Parse accepts.
var messages = map[Kind]func(t *rapid.T) Message{
	KindSlotLookup: func(t *rapid.T) Message { return &SlotLookup{genHeader(t), genRanges(t, 0)} },
	KindSlotEntries: func(t *rapid.T) Message {
		m := &SlotEntries{Header: genHeader(t), Start: genSlot(t), None: genRanges(t, 0)}
		m.Entries, _ = genEntries(t, genSlot(t))
		return m
	},
	KindGapAsk:        func(t *rapid.T) Message { return &GapAsk{genHeader(t), genRanges(t, 0)} },
	KindGapCommit:     func(t *rapid.T) Message { return &GapCommit{genHeader(t), genRanges(t, 0)} },
	KindGapCommitRep:  func(t *rapid.T) Message { return &GapCommitRep{genHeader(t), genRanges(t, 0)} },
	KindViewChangeReq: func(t *rapid.T) Message { return &ViewChangeReq{genHeader(t)} },
	KindViewChange: func(t *rapid.T) Message {
		m := &ViewChange{Header: genHeader(t), LastNormal: genView(t), Base: genSlot(t), SP: genSlot(t), DigestSP: genDigest(t)}
		m.Entries, m.End = genEntries(t, m.SP)
		return m
	},
	KindStartView: func(t *rapid.T) Message {
		m := &StartView{Header: genHeader(t), Base: genSlot(t), SP: genSlot(t), DigestSP: genDigest(t), DigestEnd: genDigest(t)}
		m.Entries, m.End = genEntries(t, m.SP)
		m.WithLog = len(m.Entries) > 0
		return m
	},
	KindStartViewRep: func(t *rapid.T) Message { return &StartViewRep{genHeader(t)} },
	KindSyncPrepare: func(t *rapid.T) Message {
		m := &SyncPrepare{Header: genHeader(t), Q: genSlot(t), DigestP: genDigest(t), DigestSP: genDigest(t), WithNoOps: true}
		m.NoOps = genRanges(t, m.Q)
		m.P = m.Q + 1<<20
		m.SP = rapid.Uint64Range(0, m.P).Draw(t, "sp")
		return m
	},
	KindSyncRep:    func(t *rapid.T) Message { return &SyncRep{genHeader(t), genSlot(t)} },
	KindSyncCommit: func(t *rapid.T) Message { return &SyncCommit{genHeader(t), genSlot(t), genDigest(t)} },
	KindPing: func(t *rapid.T) Message {
		return &Ping{genHeader(t), genSlot(t), genSlot(t), rapid.Bool().Draw(t, "full"), rapid.Bool().Draw(t, "forming")}
	},
	KindRecover: func(t *rapid.T) Message { return &Recover{genHeader(t)} },
	KindFetch: func(t *rapid.T) Message {
		lo := genSlot(t)
		return &Fetch{genHeader(t), lo, lo + rapid.Uint64Range(1, 1000).Draw(t, "slots")}
	},
	KindFetchLog: func(t *rapid.T) Message {
		m := &FetchLog{Header: genHeader(t), LastNormal: genView(t), Start: genSlot(t), End: genSlot(t), Lo: genSlot(t)}
		m.Entries, _ = genEntries(t, m.Lo)
		return m
	},
	KindFetchSnapshot: func(t *rapid.T) Message { return &FetchSnapshot{genHeader(t), genSlot(t), genSlot(t)} },
	KindSnapshotChunk: func(t *rapid.T) Message {
		m := &SnapshotChunk{Header: genHeader(t), LastNormal: genView(t), Slot: genSlot(t), Offset: genSlot(t), Data: genBytes(t, 40)}
		m.Sum, m.Last = rapid.Uint64().Draw(t, "sum"), rapid.Bool().Draw(t, "last")
		return m
	},
}

// genSlot returns a slot low enough that a message's arithmetic does not overflow.
func genSlot(t *rapid.T) uint64 { return rapid.Uint64Range(0, 1<<40).Draw(t, "slot") }
