package kv

import (
	"bufio"
	"encoding/binary"
	"io"

	"github.com/cespare/xxhash/v2"
	"github.com/tidwall/btree"
)

// A snapshot is
//
//	0  [4] magic    "NPKV"
//	4  u8  version  2
//	   uvarint      number of databases that have keys
//	   database …   ascending by index
//	   u64          xxHash64 of everything before, little-endian
//
// and a database is
//
//	u8 index, uvarint number of keys, key … ascending by (hash of the key, key)
//
// and a key is
//
//	u8 type, bytes key, uvarint deadline in milliseconds of logical time (0: none), value
//
// where bytes is uvarint(length) followed by that many bytes. The value of a string is its bytes. The value
// of a collection is uvarint(number of elements) and the elements: for a list the bytes of each element from
// the left, for a set the bytes of each member, ascending, and for a hash the bytes of each field and of its
// value, ascending by field. Equal states have equal snapshots.

const (
	snapshotMagic   = "NPKV"
	snapshotVersion = 2
)

// snapshot is the state at the time of a call of Store.Snapshot.
type snapshot struct {
	databases [Databases]*btree.BTreeG[place]
}

// Snapshot returns the current state. It takes constant time: the result's WriteTo reads the state, and may
// run on another goroutine concurrently with later calls of Execute.
func (s *Store) Snapshot() (io.WriterTo, error) {
	s.epoch++
	sn := &snapshot{}
	for db, sp := range s.spaces {
		if sp.keys.Len() > 0 {
			sn.databases[db] = sp.keys.IsoCopy()
		}
	}
	return sn, nil
}

// WriteTo writes the snapshot.
func (sn *snapshot) WriteTo(w io.Writer) (int64, error) {
	sum := xxhash.New()
	count := &countingWriter{w: w}
	out := snapshotWriter{w: bufio.NewWriterSize(io.MultiWriter(count, sum), 64<<10)}
	out.raw(snapshotMagic)
	out.uvarint(snapshotVersion) // one byte
	n := uint64(0)
	for _, keys := range sn.databases {
		if keys != nil {
			n++
		}
	}
	out.uvarint(n)
	for db, keys := range sn.databases {
		if keys == nil {
			continue
		}
		out.uvarint(uint64(db)) // one byte
		out.uvarint(uint64(keys.Len()))
		keys.Scan(func(p place) bool {
			out.entry(p.entry)
			return out.err == nil
		})
	}
	if out.err != nil {
		return count.n, out.err
	}
	if err := out.w.Flush(); err != nil {
		return count.n, err
	}
	_, err := count.Write(binary.LittleEndian.AppendUint64(nil, sum.Sum64()))
	return count.n, err
}

// countingWriter counts the bytes written.
type countingWriter struct {
	w io.Writer
	n int64
}

func (c *countingWriter) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.n += int64(n)
	return n, err
}

// snapshotWriter writes the parts of a snapshot and keeps the first error.
type snapshotWriter struct {
	w       *bufio.Writer
	err     error
	scratch []byte
}

func (o *snapshotWriter) raw(s string) {
	if o.err == nil {
		_, o.err = o.w.WriteString(s)
	}
}

func (o *snapshotWriter) uvarint(v uint64) {
	if o.err == nil {
		o.scratch = binary.AppendUvarint(o.scratch[:0], v)
		_, o.err = o.w.Write(o.scratch)
	}
}

func (o *snapshotWriter) string(s string) {
	o.uvarint(uint64(len(s)))
	o.raw(s)
}

func (o *snapshotWriter) bytes(b []byte) {
	o.uvarint(uint64(len(b)))
	if o.err == nil {
		_, o.err = o.w.Write(b)
	}
}

func (o *snapshotWriter) entry(e *entry) {
	o.uvarint(uint64(e.kind)) // one byte
	o.string(e.key)
	o.uvarint(e.expire)
	if e.kind == kindString {
		o.bytes(e.str)
		return
	}
	o.uvarint(uint64(e.size()))
	switch e.kind {
	case kindHash:
		e.fields.Scan(func(field string, v []byte) bool {
			o.string(field)
			o.bytes(v)
			return o.err == nil
		})
	case kindList:
		e.list.Scan(func(_ int64, v []byte) bool {
			o.bytes(v)
			return o.err == nil
		})
	case kindSet:
		e.set.Scan(func(member string, _ struct{}) bool {
			o.string(member)
			return o.err == nil
		})
	}
}
