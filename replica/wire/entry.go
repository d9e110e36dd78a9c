package wire

import "fmt"

// Range is the range of slots First … Last, inclusive.
type Range struct{ First, Last uint64 }

// Len returns the number of slots in the range.
func (r Range) Len() uint64 { return r.Last - r.First + 1 }

func (r Range) String() string {
	if r.First == r.Last {
		return fmt.Sprint(r.First)
	}
	return fmt.Sprintf("%d-%d", r.First, r.Last)
}

// EntryKind is the kind of a log entry.
type EntryKind uint8

// The kinds of log entries. Values are part of the wire format and of the digest.
const (
	EntryRequest EntryKind = 1
	EntryTick    EntryKind = 2
	EntryNoOp    EntryKind = 3
)

func (k EntryKind) String() string {
	switch k {
	case EntryRequest:
		return "request"
	case EntryTick:
		return "tick"
	case EntryNoOp:
		return "no-op"
	}
	return fmt.Sprintf("entry-kind-%d", uint8(k))
}

// Entry is a log entry, or a run of NO-OPs at consecutive slots.
type Entry struct {
	Slot    uint64 // the first slot
	Kind    EntryKind
	Session uint32 // of the OUM message that has the slot
	Number  uint64 // its message number; of the first one in a run
	Count   uint64 // slots covered: 1, or the length of a run of NO-OPs
	Payload []byte // the REQUEST's or TICK's frame without tag; aliases the message
}

// Last returns the last slot of the entry.
func (e Entry) Last() uint64 { return e.Slot + e.Count - 1 }

// entryOverhead is the encoded length of an entry without its payload.
const entryOverhead = 8 + 1 + 4 + 8 + 4

// EncodedLen returns the encoded length of the entry in a message, in bytes.
func (e Entry) EncodedLen() int { return entryOverhead + len(e.Payload) }

func appendEntries(b []byte, entries []Entry) []byte {
	b = appendU32(b, uint32(len(entries)))
	for _, e := range entries {
		b = appendU64(b, e.Slot)
		b = append(b, byte(e.Kind))
		b = appendU32(b, e.Session)
		b = appendU64(b, e.Number)
		if e.Kind == EntryNoOp {
			b = appendU32(b, uint32(e.Count))
			continue
		}
		b = appendU32(b, uint32(len(e.Payload)))
		b = append(b, e.Payload...)
	}
	return b
}

func (r *reader) entries() []Entry {
	n := int(r.U32())
	if r.Err() != nil || n == 0 {
		return nil
	}
	if n > r.Len()/entryOverhead {
		r.Fail(ErrLength)
		return nil
	}
	entries := make([]Entry, n)
	for i := range entries {
		e := Entry{Slot: r.U64(), Kind: EntryKind(r.U8()), Session: r.U32(), Number: r.U64(), Count: 1}
		size := r.U32()
		switch e.Kind {
		case EntryNoOp:
			e.Count = uint64(size)
		case EntryRequest, EntryTick:
			e.Payload = r.Bytes(int(size))
			if want := KindRequest; r.Err() == nil {
				if e.Kind == EntryTick {
					want = KindTick
				}
				if kind, err := PeekKind(e.Payload); err != nil || kind != want {
					r.Fail(ErrValue)
				}
			}
		default:
			r.Fail(ErrValue)
		}
		if e.Count == 0 || e.Slot == 0 || e.Slot+e.Count < e.Slot || e.Number+e.Count < e.Number {
			r.Fail(ErrValue)
		}
		if r.Err() != nil {
			return nil
		}
		entries[i] = e
	}
	return entries
}

func appendRanges(b []byte, ranges []Range) []byte {
	b = appendU16(b, uint16(len(ranges)))
	for _, r := range ranges {
		b = appendU64(appendU64(b, r.First), r.Last)
	}
	return b
}

// MaxRanges is the maximum number of ranges in a message.
const MaxRanges = 1 << 10

func (r *reader) ranges() []Range {
	n := int(r.U16())
	if r.Err() != nil || n == 0 {
		return nil
	}
	if n > MaxRanges || n > r.Len()/16 {
		r.Fail(ErrLength)
		return nil
	}
	ranges := make([]Range, n)
	for i := range ranges {
		ranges[i] = Range{First: r.U64(), Last: r.U64()}
		if ranges[i].First == 0 || ranges[i].Last < ranges[i].First {
			r.Fail(ErrValue)
			return nil
		}
	}
	return ranges
}

// contiguous checks that the entries cover exactly (after, end].
func (r *reader) contiguous(after, end uint64, entries []Entry) {
	if r.Err() != nil {
		return
	}
	for _, e := range entries {
		if e.Slot != after+1 {
			r.Fail(ErrValue)
			return
		}
		after = e.Last()
	}
	if after != end {
		r.Fail(ErrValue)
	}
}
