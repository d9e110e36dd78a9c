package vr

import (
	"encoding/binary"

	"github.com/netordered/nopaxos/replica/wire"
)

// entry is the content of a slot.
type entry struct {
	slot    uint64      // whose entry this is; 0 if unused
	payload []byte      // a REQUEST's frame without tag; empty for a NO-OP
	digest  wire.Digest // of the log up to here if it is chained; else set by the protocol
	mark    uint8       // set by the protocol, tells how the entry was accepted; 0 if new
}

// Log has the slots (start, end], and entries that arrived early. It reuses its memory: once the ring and its buffers
// have reached their working size it allocates nothing.
type Log struct {
	ring       []entry
	start, end uint64
	high       uint64 // highest slot with an entry
	chained    bool   // digests are kept
	key        wire.Auth
	digest     wire.Digest // at start
	scratch    []byte
}

// window is the distance behind the end at which early entries are accepted.
const window = 1 << 12

func newLog(chained bool, key wire.Auth) Log {
	return Log{ring: make([]entry, 1<<10), chained: chained, key: key}
}

// Start returns the slot before the first one.
func (l *Log) Start() uint64 { return l.start }

// End returns the last slot without a missing one before it.
func (l *Log) End() uint64 { return l.end }

// length returns the number of slots in the log.
func (l *Log) length() uint64 { return l.end - l.start }

// At returns the entry at a slot in (Start, End]. It is valid until the slot is removed.
func (l *Log) At(slot uint64) []byte { return l.at(slot).payload }

func (l *Log) at(slot uint64) *entry { return &l.ring[slot&uint64(len(l.ring)-1)] }

// Mark returns the protocol's mark of the entry at a slot.
func (l *Log) Mark(slot uint64) uint8 { return l.at(slot).mark }

// SetMark marks how the entry at a slot was accepted. Promises of view changes carry the mark.
func (l *Log) SetMark(slot uint64, mark uint8) { l.at(slot).mark = mark }

// SetDigest sets the digest of the entry at a slot of a log that is not chained.
func (l *Log) SetDigest(slot uint64, digest wire.Digest) { l.at(slot).digest = digest }

// Append puts an entry into the next slot, and returns the slot.
func (l *Log) Append(payload []byte) uint64 {
	l.put(l.end+1, payload)
	l.advance()
	return l.end
}

// Set replaces the entry at a slot in (Commit, End] of a log that is not chained.
func (l *Log) Set(slot uint64, payload []byte) { l.put(slot, payload) }

// Insert puts an entry at a slot behind the end, and reports whether the entry is there now. Slots before it may be
// missing.
func (l *Log) Insert(slot uint64, payload []byte) bool {
	if slot <= l.end {
		return true
	}
	if slot > l.end+window {
		return false
	}
	if slot > l.high || l.at(slot).slot != slot {
		l.put(slot, payload)
		l.advance()
	}
	return true
}

// Missing returns the missing range (end, next] before the first early entry; ok is false if there is none.
func (l *Log) Missing() (lo, hi uint64, ok bool) {
	if l.high <= l.end {
		return 0, 0, false
	}
	hi = l.end + 1
	for l.at(hi+1).slot != hi+1 {
		hi++
	}
	return l.end, hi, true
}

// advance moves the end to the slot before the first missing one.
func (l *Log) advance() {
	for l.end < l.high && l.at(l.end+1).slot == l.end+1 {
		l.end++
		if l.chained {
			e := l.at(l.end)
			e.digest = l.chain(l.Digest(l.end-1), e.payload)
		}
	}
}

// keepPayload is the largest buffer, in bytes, that an entry keeps for reuse.
const keepPayload = 2 << 10

func (l *Log) put(slot uint64, payload []byte) {
	for slot-l.start > uint64(len(l.ring)) {
		l.grow()
	}
	e := l.at(slot)
	e.slot, e.mark, e.digest = slot, 0, wire.Digest{}
	if cap(e.payload) > keepPayload {
		e.payload = nil
	}
	e.payload = append(e.payload[:0], payload...)
	l.high = max(l.high, slot)
}

func (l *Log) grow() {
	ring := make([]entry, 2*len(l.ring))
	for slot := l.start + 1; slot <= l.high; slot++ {
		if e := l.at(slot); e.slot == slot {
			ring[slot&uint64(len(ring)-1)] = *e
		}
	}
	l.ring = ring
}

// cut removes the entries behind slot.
func (l *Log) cut(slot uint64) {
	for s := slot + 1; s <= l.high; s++ {
		l.at(s).slot = 0
	}
	l.end, l.high = min(l.end, slot), min(l.high, slot)
}

// truncate removes the entries at or below slot, which must not be behind the end.
func (l *Log) truncate(slot uint64) {
	if slot <= l.start {
		return
	}
	l.digest = l.Digest(slot)
	for s := l.start + 1; s <= slot; s++ {
		l.at(s).slot = 0
	}
	l.start = slot
}

// rebase makes the log start behind slot, after a snapshot. Later entries stay unless the log is chained and has
// another digest at slot.
func (l *Log) rebase(slot uint64, digest wire.Digest) {
	if slot < l.end && (!l.chained || l.Digest(slot) == digest) {
		l.truncate(slot)
		return
	}
	l.cut(l.start)
	l.start, l.end, l.high, l.digest = slot, slot, slot, digest
}

// Digest returns the digest of the log up to a slot in [Start, End]. In a log that is not chained it returns the
// digest that was set, or zero.
func (l *Log) Digest(slot uint64) wire.Digest {
	if slot == l.start {
		return l.digest
	}
	return l.at(slot).digest
}

// chain computes the digest of a log from that of the log without its last entry.
func (l *Log) chain(prev wire.Digest, payload []byte) wire.Digest {
	b := binary.BigEndian.AppendUint64(l.scratch[:0], prev.Hi)
	b = binary.BigEndian.AppendUint64(b, prev.Lo)
	b = append(b, payload...)
	l.scratch = b
	return l.key.Sum(b)
}
