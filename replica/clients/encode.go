package clients

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"

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
	r := bytes.NewReader(b)
	if err := t.Read(r); err != nil {
		return nil, err
	}
	return b[len(b)-r.Len():], nil
}

// Read replaces the table by an encoded one, and reads no further.
func (t *Table) Read(from io.Reader) error {
	fresh, r := New(t.maxClients), reader{r: from}
	fresh.time = r.u64()
	for n := r.u32(); n > 0 && r.err == nil; n-- {
		c := &client{id: r.u64(), low: r.u64(), used: r.u64()}
		c.stableLow = c.low
		for k := r.u32(); k > 0 && r.err == nil; k-- {
			id, status := r.u64(), wire.Status(r.u8())
			data := r.bytes()
			if r.err != nil {
				break
			}
			if id < c.low || id-c.low >= wire.MaxOutstanding || c.lookup(id) != nil {
				return errTable
			}
			s := fresh.put(c, id)
			s.status, s.size, s.data = status, len(data), data
			fresh.bytes += s.cost()
		}
		if k := len(fresh.order); k > 0 && fresh.order[k-1].id >= c.id {
			return errTable
		}
		fresh.add(c)
	}
	if r.err != nil {
		return r.err
	}
	*t = fresh
	return nil
}

// reader reads the parts of an encoded table and keeps the first error.
type reader struct {
	r   io.Reader
	err error
	buf [8]byte
}

func (r *reader) full(b []byte) {
	if r.err != nil {
		return
	}
	if _, r.err = io.ReadFull(r.r, b); errors.Is(r.err, io.EOF) || errors.Is(r.err, io.ErrUnexpectedEOF) {
		r.err = errTable
	}
}

func (r *reader) u64() uint64 {
	r.full(r.buf[:8])
	return binary.BigEndian.Uint64(r.buf[:])
}

func (r *reader) u32() uint32 {
	r.full(r.buf[:4])
	return binary.BigEndian.Uint32(r.buf[:])
}

func (r *reader) u8() byte {
	r.full(r.buf[:1])
	return r.buf[0]
}

// bytes reads a result. It refuses a length that no result has before it allocates.
func (r *reader) bytes() []byte {
	n := r.u32()
	if n > wire.MaxResult && r.err == nil {
		r.err = errTable
	}
	if r.err != nil {
		return nil
	}
	b := make([]byte, n)
	r.full(b)
	return b
}
