package clients

import (
	"encoding/binary"
	"errors"

	"github.com/netordered/nopaxos/replica/wire"
)

// AppendTo appends the encoding of logical time and the table, without results below each client's low.
func (t *Table) AppendTo(b []byte) []byte {
	b = binary.BigEndian.AppendUint64(b, t.time)
	b = binary.BigEndian.AppendUint32(b, uint32(len(t.order)))
	for _, c := range t.order {
		b = binary.BigEndian.AppendUint64(b, c.id)
		b = binary.BigEndian.AppendUint64(b, c.low)
		b = binary.BigEndian.AppendUint64(b, c.used)
		live := c.live()
		b = binary.BigEndian.AppendUint32(b, uint32(len(live)))
		for _, r := range live {
			b = binary.BigEndian.AppendUint64(b, r.id)
			b = append(b, byte(r.status))
			b = binary.BigEndian.AppendUint32(b, uint32(len(r.data)))
			b = append(b, r.data...)
		}
	}
	return b
}

var errTable = errors.New("clients: table in the snapshot is cut short or inconsistent")

// Parse replaces the table by an encoded one and returns the rest of b.
func (t *Table) Parse(b []byte) ([]byte, error) {
	fresh := New(t.maxClients)
	take := func(n int) []byte {
		if b == nil || n < 0 || n > len(b) {
			b = nil
			return make([]byte, 8)
		}
		v := b[:n:n]
		b = b[n:]
		return v
	}
	u32 := func() uint32 { return binary.BigEndian.Uint32(take(4)) }
	u64 := func() uint64 { return binary.BigEndian.Uint64(take(8)) }
	fresh.time = u64()
	for n := u32(); n > 0 && b != nil; n-- {
		c := &client{id: u64(), low: u64(), used: u64()}
		c.stableLow = c.low
		for k := u32(); k > 0 && b != nil; k-- {
			id, status, size := u64(), wire.Status(take(1)[0]), int(u32())
			data := take(size)
			if b == nil || id < c.low || id-c.low >= wire.MaxOutstanding || c.lookup(id) != nil {
				return nil, errTable
			}
			r := fresh.put(c, id)
			r.status, r.size, r.data = status, size, append(r.data, data...)
			fresh.bytes += r.cost()
		}
		if k := len(fresh.order); k > 0 && fresh.order[k-1].id >= c.id {
			return nil, errTable
		}
		fresh.add(c)
	}
	if b == nil {
		return nil, errTable
	}
	*t = fresh
	return b, nil
}
