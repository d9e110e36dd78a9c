package oumlib

import "math/bits"

// buffer holds copies of messages of one session that cannot be delivered yet, in a ring indexed by message
// number. Of two numbers that share a slot it holds one at a time.
type buffer struct {
	slots []slot // a power of two
	held  int
	free  [][]byte // payload memory of removed messages, to be reused
	limit int      // longest payload, in bytes
}

// usualPayload is the initial capacity of a message's memory, in bytes: the payload of an Ethernet frame fits.
const usualPayload = 1536

type slot struct {
	seq     uint64 // 0: the slot is free
	payload []byte
}

func newBuffer(messages, maxPayload int) buffer {
	n := 1 << bits.Len(uint(max(messages, 1)-1))
	return buffer{slots: make([]slot, n), limit: maxPayload}
}

func (b *buffer) slot(seq uint64) *slot { return &b.slots[seq&uint64(len(b.slots)-1)] }

func (b *buffer) has(seq uint64) bool { return b.held > 0 && b.slot(seq).seq == seq }

// put copies a message into its slot, which must be free.
func (b *buffer) put(seq uint64, payload []byte) {
	var mem []byte
	if n := len(b.free); n > 0 {
		mem, b.free = b.free[n-1], b.free[:n-1]
	} else {
		mem = make([]byte, 0, min(b.limit, usualPayload))
	}
	*b.slot(seq) = slot{seq: seq, payload: append(mem, payload...)}
	b.held++
}

// take removes a held message. The bytes stay intact until the next put.
func (b *buffer) take(seq uint64) []byte {
	s := b.slot(seq)
	payload := s.payload
	*s = slot{}
	b.held--
	b.free = append(b.free, payload[:0])
	return payload
}

// discardBelow removes all messages with numbers below next; there are none below from.
func (b *buffer) discardBelow(from, next uint64) {
	if next-from < uint64(len(b.slots)) {
		for seq := from; seq < next && b.held > 0; seq++ {
			if b.has(seq) {
				b.take(seq)
			}
		}
		return
	}
	for i := range b.slots {
		if seq := b.slots[i].seq; seq != 0 && seq < next {
			b.take(seq)
		}
	}
}

// clear removes all messages.
func (b *buffer) clear() {
	for i := range b.slots {
		if b.held == 0 {
			return
		}
		if seq := b.slots[i].seq; seq != 0 {
			b.take(seq)
		}
	}
}

// appendNumbers appends the numbers of all messages to numbers, in no particular order.
func (b *buffer) appendNumbers(numbers []uint64) []uint64 {
	for i := range b.slots {
		if seq := b.slots[i].seq; seq != 0 {
			numbers = append(numbers, seq)
		}
	}
	return numbers
}
