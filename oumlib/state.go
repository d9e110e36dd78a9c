package oumlib

import "encoding/binary"

// AppendState appends the receiver's state in a canonical form: two receivers of the same configuration with
// equal forms report the same events for the same inputs, provided that Next has returned all events, and that
// the grace periods of open gaps may end at any moment. A state-space explorer uses it to recognise a state that
// it has visited before.
func (r *Receiver) AppendState(b []byte) []byte {
	b = binary.AppendUvarint(b, uint64(r.session))
	b = appendBools(b, r.listening, r.haveDirect, r.terminated)
	b = binary.AppendUvarint(b, r.next)
	b = binary.AppendUvarint(b, r.high)
	b = binary.AppendUvarint(b, r.far)
	return r.gaps.appendState(r.buf.appendState(b))
}

// appendState appends the messages held.
func (b *buffer) appendState(dst []byte) []byte {
	dst = binary.AppendUvarint(dst, uint64(b.held))
	for i := range b.slots {
		if s := &b.slots[i]; s.seq != 0 {
			dst = binary.AppendUvarint(dst, s.seq)
			dst = binary.AppendUvarint(dst, uint64(len(s.payload)))
			dst = append(dst, s.payload...)
		}
	}
	return dst
}

// appendState appends the open gaps, without the times at which they were noticed.
func (l *gapList) appendState(dst []byte) []byte {
	dst = binary.AppendUvarint(dst, uint64(l.len()))
	dst = binary.AppendUvarint(dst, uint64(l.reported-l.head))
	for _, g := range l.all[l.head:] {
		dst = binary.AppendUvarint(dst, g.first)
		dst = binary.AppendUvarint(dst, g.last)
	}
	return dst
}

func appendBools(b []byte, values ...bool) []byte {
	for _, v := range values {
		if v {
			b = append(b, 1)
		} else {
			b = append(b, 0)
		}
	}
	return b
}
