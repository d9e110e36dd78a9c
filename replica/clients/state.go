package clients

import "encoding/binary"

// AppendState appends the table in a canonical form, with its journal: two tables with equal forms behave alike.
// AppendTo encodes the replicated state only.
func (t *Table) AppendState(b []byte) []byte {
	b = binary.AppendUvarint(b, t.time)
	b = binary.AppendUvarint(b, uint64(t.bytes))
	b = binary.AppendUvarint(b, uint64(len(t.order)))
	for _, c := range t.order {
		b = c.appendState(b)
	}
	b = binary.AppendUvarint(b, uint64(t.journal.len()))
	for i := t.journal.first; i != t.journal.next; i++ {
		b = t.journal.at(i).appendState(b)
	}
	return b
}

func (c *client) appendState(b []byte) []byte {
	for _, v := range [...]uint64{c.id, c.low, c.stableLow, c.used, uint64(len(c.results) - c.head)} {
		b = binary.AppendUvarint(b, v)
	}
	for _, r := range c.results[c.head:] {
		b = binary.AppendUvarint(b, r.id)
		b = append(b, byte(r.status))
		b = binary.AppendUvarint(b, uint64(r.size))
		b = binary.AppendUvarint(b, uint64(len(r.data)))
		b = append(b, r.data...)
	}
	return b
}

// appendState appends a change. An evicted client is only here, all others are in the table.
func (ch *change) appendState(b []byte) []byte {
	for _, v := range [...]uint64{ch.slot, ch.time, uint64(ch.bytes), ch.id, ch.low, ch.used} {
		b = binary.AppendUvarint(b, v)
	}
	switch {
	case ch.evicted:
		return ch.client.appendState(append(b, 'e'))
	case ch.created:
		b = append(b, 'c')
	case ch.client == nil:
		return append(b, 't')
	default:
		b = append(b, 'u')
	}
	return binary.AppendUvarint(b, ch.client.id)
}
