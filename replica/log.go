package replica

import (
	"encoding/binary"
	"slices"

	"github.com/netordered/nopaxos/replica/wire"
)

// entry is the log entry at a slot.
type entry struct {
	kind    wire.EntryKind
	session uint32
	number  uint64
	payload []byte // a REQUEST's or TICK's frame without tag, inside chunk
	chunk   *chunk
	digest  wire.Digest // of the log up to here; valid if the slot is at or below log.digested
}

// chunk holds the payloads of many entries; it is reused when the last one is dropped.
type chunk struct {
	buf  []byte
	live int
}

const chunkSize = 256 << 10

// log holds the slots (start, end]. It allocates nothing once its ring and chunks have grown to the working size.
type log struct {
	key         wire.Auth
	start, end  uint64
	startDigest wire.Digest
	digested    uint64 // digests at or below this slot are valid
	ring        []entry
	noops       []wire.Range // slots with NO-OPs, ascending, not adjacent
	bytes       int          // of payloads

	current *chunk
	free    []*chunk
	scratch []byte
}

func newLog(key wire.Auth) log {
	return log{key: key, ring: make([]entry, 1<<10)}
}

func (l *log) len() uint64 { return l.end - l.start }

// holds reports whether the entry at slot is in memory.
func (l *log) holds(slot uint64) bool { return slot > l.start && slot <= l.end }

// at returns the entry at a slot that the log holds.
func (l *log) at(slot uint64) *entry { return &l.ring[slot&uint64(len(l.ring)-1)] }

func (l *log) append(kind wire.EntryKind, session uint32, number uint64, payload []byte) {
	if l.len() == uint64(len(l.ring)) {
		l.grow()
	}
	l.end++
	e := l.at(l.end)
	*e = entry{kind: kind, session: session, number: number}
	if kind == wire.EntryNoOp {
		l.addNoOp(l.end)
		return
	}
	e.payload, e.chunk = l.store(payload)
	l.bytes += len(payload)
}

func (l *log) grow() {
	ring := make([]entry, 2*len(l.ring))
	for slot := l.start + 1; slot <= l.end; slot++ {
		ring[slot&uint64(len(ring)-1)] = *l.at(slot)
	}
	l.ring = ring
}

// store copies a payload into the current chunk.
func (l *log) store(payload []byte) ([]byte, *chunk) {
	if l.current == nil || len(l.current.buf)+len(payload) > cap(l.current.buf) {
		l.nextChunk(len(payload))
	}
	c := l.current
	at := len(c.buf)
	c.buf = append(c.buf, payload...)
	c.live++
	return c.buf[at:len(c.buf):len(c.buf)], c
}

func (l *log) nextChunk(need int) {
	if c := l.current; c != nil && c.live == 0 {
		l.recycle(c)
	}
	if need > chunkSize {
		l.current = &chunk{buf: make([]byte, 0, need)}
		return
	}
	if n := len(l.free); n > 0 {
		l.current = l.free[n-1]
		l.free = l.free[:n-1]
		return
	}
	l.current = &chunk{buf: make([]byte, 0, chunkSize)}
}

// maxFreeChunks bounds the memory that a truncated log keeps.
const maxFreeChunks = 64

func (l *log) recycle(c *chunk) {
	if cap(c.buf) == chunkSize && len(l.free) < maxFreeChunks {
		c.buf = c.buf[:0]
		l.free = append(l.free, c)
	}
}

// drop releases the memory of an entry's payload.
func (l *log) drop(e *entry) {
	l.bytes -= len(e.payload)
	if c := e.chunk; c != nil {
		if c.live--; c.live == 0 && c != l.current {
			l.recycle(c)
		}
	}
	e.payload, e.chunk = nil, nil
}

// setNoOp overwrites the entry at a slot with a NO-OP. Digests from there on are recomputed on demand.
func (l *log) setNoOp(slot uint64) {
	e := l.at(slot)
	l.drop(e)
	e.kind = wire.EntryNoOp
	l.digested = min(l.digested, slot-1)
	l.addNoOp(slot)
}

func (l *log) addNoOp(slot uint64) {
	n := len(l.noops)
	if n == 0 || l.noops[n-1].Last+1 < slot {
		l.noops = append(l.noops, wire.Range{First: slot, Last: slot})
		return
	}
	if l.noops[n-1].Last+1 == slot {
		l.noops[n-1].Last = slot
		return
	}
	i, found := slices.BinarySearchFunc(l.noops, slot, func(r wire.Range, slot uint64) int {
		switch {
		case r.Last < slot:
			return -1
		case r.First > slot:
			return 1
		}
		return 0
	})
	if found {
		return
	}
	joinsLeft := i > 0 && l.noops[i-1].Last+1 == slot
	joinsRight := i < len(l.noops) && l.noops[i].First == slot+1
	switch {
	case joinsLeft && joinsRight:
		l.noops[i-1].Last = l.noops[i].Last
		l.noops = slices.Delete(l.noops, i, i+1)
	case joinsLeft:
		l.noops[i-1].Last = slot
	case joinsRight:
		l.noops[i].First = slot
	default:
		l.noops = slices.Insert(l.noops, i, wire.Range{First: slot, Last: slot})
	}
}

// noOpsIn returns the runs of NO-OPs in (after, to], clipped to it. If there are more than limit, it returns none
// and false.
func (l *log) noOpsIn(after, to uint64, limit int) (ranges []wire.Range, all bool) {
	for _, r := range l.noops {
		if r.Last <= after {
			continue
		}
		if r.First > to {
			break
		}
		if len(ranges) == limit {
			return nil, false
		}
		ranges = append(ranges, wire.Range{First: max(r.First, after+1), Last: min(r.Last, to)})
	}
	return ranges, true
}

// truncate removes the entries at or below slot, which is at most the end.
func (l *log) truncate(slot uint64) {
	if slot <= l.start {
		return
	}
	digest := l.digestAt(slot)
	for s := l.start + 1; s <= slot; s++ {
		l.drop(l.at(s))
	}
	l.start, l.startDigest = slot, digest
	i := 0
	for i < len(l.noops) && l.noops[i].Last <= slot {
		i++
	}
	l.noops = slices.Delete(l.noops, 0, i)
	if len(l.noops) > 0 {
		l.noops[0].First = max(l.noops[0].First, slot+1)
	}
}

// cut removes the entries above slot.
func (l *log) cut(slot uint64) {
	for s := slot + 1; s <= l.end; s++ {
		l.drop(l.at(s))
	}
	l.end = min(l.end, slot)
	l.digested = min(l.digested, l.end)
	for n := len(l.noops); n > 0 && l.noops[n-1].Last > slot; n = len(l.noops) {
		if l.noops[n-1].First > slot {
			l.noops = l.noops[:n-1]
			continue
		}
		l.noops[n-1].Last = slot
	}
}

// rebase makes the log start at slot, whose digest is that of an installed snapshot. Entries above slot stay.
func (l *log) rebase(slot uint64, digest wire.Digest) {
	if slot >= l.end {
		l.cut(l.start)
		l.start, l.end, l.digested = slot, slot, slot
		l.startDigest = digest
		return
	}
	l.truncate(slot)
	if l.startDigest != digest {
		l.startDigest = digest
		l.digested = slot
	}
}

// digestAt returns the digest of the log up to slot, where start ≤ slot ≤ end.
func (l *log) digestAt(slot uint64) wire.Digest {
	if slot == l.start {
		return l.startDigest
	}
	if l.digested < l.start {
		l.digested = l.start
	}
	if slot <= l.digested {
		return l.at(slot).digest
	}
	digest := l.startDigest
	if l.digested > l.start {
		digest = l.at(l.digested).digest
	}
	for s := l.digested + 1; s <= slot; s++ {
		e := l.at(s)
		digest = l.chain(digest, e.kind, e.session, e.number, e.payload)
		e.digest = digest
	}
	l.digested = slot
	return digest
}

// chain computes digest(i) from digest(i−1) and the canonical bytes of entry i.
func (l *log) chain(prev wire.Digest, kind wire.EntryKind, session uint32, number uint64, payload []byte) wire.Digest {
	b := l.scratch[:0]
	b = binary.BigEndian.AppendUint64(b, prev.Hi)
	b = binary.BigEndian.AppendUint64(b, prev.Lo)
	b = append(b, byte(kind))
	b = binary.BigEndian.AppendUint32(b, session)
	b = binary.BigEndian.AppendUint64(b, number)
	b = append(b, payload...)
	l.scratch = b
	return l.key.Sum(b)
}

// chainEntry extends a digest by an entry of a message, which may be a run of NO-OPs.
func (l *log) chainEntry(prev wire.Digest, e wire.Entry) wire.Digest {
	for i := uint64(0); i < e.Count; i++ {
		prev = l.chain(prev, e.Kind, e.Session, e.Number+i, e.Payload)
	}
	return prev
}

// entries appends the entries in (after, to] to dst, with runs of NO-OPs joined, as far as their encoding fits
// limit bytes, but at least one. Payloads alias the log.
func (l *log) entries(dst []wire.Entry, after, to uint64, limit int) []wire.Entry {
	size := 0
	for s := after + 1; s <= to; s++ {
		e := l.at(s)
		if n := len(dst); n > 0 && e.kind == wire.EntryNoOp {
			prev := &dst[n-1]
			if prev.Kind == wire.EntryNoOp && prev.Session == e.session && prev.Number+prev.Count == e.number && prev.Last()+1 == s {
				prev.Count++
				continue
			}
		}
		w := wire.Entry{Slot: s, Kind: e.kind, Session: e.session, Number: e.number, Count: 1, Payload: e.payload}
		if size += w.EncodedLen(); size > limit && len(dst) > 0 {
			break
		}
		dst = append(dst, w)
	}
	return dst
}
