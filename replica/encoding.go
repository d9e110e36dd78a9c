package replica

import (
	"encoding/binary"
	"errors"
	"io"
	"iter"

	"github.com/cespare/xxhash/v2"

	"github.com/netordered/nopaxos/replica/wire"
)

// snapshot is the executed state at a slot. It is used for truncation, transfer and rollback only when the sync
// point has reached the slot.
//
// It is a view that shares what has not changed since with the executed state; nothing is encoded until another
// replica fetches it. The encoding consists of a magic number, slot, base, session and digest, then logical time and
// the client table, then the state machine's snapshot.
type snapshot struct {
	slot    uint64
	base    uint64
	session uint32
	digest  wire.Digest
	view    io.WriterTo // writes the encoding; nil before a fetched snapshot is installed
	loaded  *loaded     // fetched and not installed; else nil
}

const (
	snapshotMagic  = 0x4E505331 // "NPS1"
	snapshotHeader = 4 + 8 + 8 + 4 + 16
)

var errSnapshot = errors.New("replica: not a snapshot, or cut short")

// readHead reads what precedes the client table.
func readHead(r io.Reader) (*snapshot, error) {
	b := make([]byte, snapshotHeader)
	if _, err := io.ReadFull(r, b); err != nil {
		return nil, err
	}
	if binary.BigEndian.Uint32(b) != snapshotMagic {
		return nil, errSnapshot
	}
	return &snapshot{
		slot: binary.BigEndian.Uint64(b[4:]), base: binary.BigEndian.Uint64(b[12:]),
		session: binary.BigEndian.Uint32(b[20:]),
		digest:  wire.Digest{Hi: binary.BigEndian.Uint64(b[24:]), Lo: binary.BigEndian.Uint64(b[32:])},
	}, nil
}

func (s *snapshot) head() []byte {
	b := binary.BigEndian.AppendUint32(nil, snapshotMagic)
	b = binary.BigEndian.AppendUint64(b, s.slot)
	b = binary.BigEndian.AppendUint64(b, s.base)
	b = binary.BigEndian.AppendUint32(b, s.session)
	b = binary.BigEndian.AppendUint64(b, s.digest.Hi)
	return binary.BigEndian.AppendUint64(b, s.digest.Lo)
}

// part is a chunk of a snapshot's encoding.
type part struct {
	offset uint64
	data   []byte // valid until the next chunk is encoded
	sum    uint64 // checksum of the encoding up to the end of data
	last   bool
	err    error
}

func (k *part) end() uint64 { return k.offset + uint64(len(k.data)) }

// encode returns the chunks of an encoding, each of size bytes except the last.
func encode(from io.WriterTo, size int) iter.Seq[part] {
	return func(yield func(part) bool) {
		w := &chunkWriter{buf: make([]byte, 0, size), sum: xxhash.New(), yield: yield}
		switch _, err := from.WriteTo(w); {
		case w.ended:
		case err != nil:
			yield(part{err: err})
		default:
			w.emit(true)
		}
	}
}

var errStopped = errors.New("replica: the transfer of the snapshot has ended")

// chunkWriter cuts what is written to it into chunks.
type chunkWriter struct {
	buf    []byte
	offset uint64
	sum    *xxhash.Digest
	yield  func(part) bool
	ended  bool // the transfer
}

func (w *chunkWriter) Write(b []byte) (int, error) {
	n := 0
	for n < len(b) {
		if len(w.buf) == cap(w.buf) && !w.emit(false) {
			return n, errStopped
		}
		k := min(len(b)-n, cap(w.buf)-len(w.buf))
		w.buf = append(w.buf, b[n:n+k]...)
		n += k
	}
	return n, nil
}

// emit hands over the chunk, and reports whether another one is wanted.
func (w *chunkWriter) emit(last bool) bool {
	if w.ended {
		return false
	}
	_, _ = w.sum.Write(w.buf) // never fails
	w.ended = !w.yield(part{offset: w.offset, data: w.buf, sum: w.sum.Sum64(), last: last})
	w.offset += uint64(len(w.buf))
	w.buf = w.buf[:0]
	return !w.ended
}
