package kv

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/cespare/xxhash/v2"
)

// Restore replaces the state by that of a snapshot. It reads r to the end. On an error the state is
// unchanged.
func (s *Store) Restore(r io.Reader) error {
	install, err := s.Load(r)
	if err == nil {
		install()
	}
	return err
}

// Load reads a snapshot to the end of r, into a second state. Another goroutine may use the store meanwhile.
// install replaces the state of the store by that one, in constant time.
func (s *Store) Load(r io.Reader) (install func(), err error) {
	in := snapshotReader{r: bufio.NewReaderSize(r, 64<<10), sum: xxhash.New()}
	loaded := New()
	if err := loaded.read(&in); err != nil {
		return nil, fmt.Errorf("kv: restoring a snapshot: %w", err)
	}
	return func() {
		s.dropUndo()
		// No snapshot refers to an entry of the loaded state.
		s.spaces, s.slot, s.epoch, s.earliest = loaded.spaces, 0, loaded.epoch, 0
		s.use(0)
	}, nil
}

// read fills an empty store.
func (s *Store) read(in *snapshotReader) error {
	var head [len(snapshotMagic) + 1]byte
	in.full(head[:])
	switch {
	case in.err != nil:
		return in.err
	case string(head[:len(snapshotMagic)]) != snapshotMagic:
		return fmt.Errorf("it starts with %q, expected %q", head[:len(snapshotMagic)], snapshotMagic)
	case head[len(snapshotMagic)] != snapshotVersion:
		return fmt.Errorf("its version is %d, expected %d", head[len(snapshotMagic)], snapshotVersion)
	}
	next := uint64(0) // the least index that the next database may have
	for left := in.uvarint(); left > 0 && in.err == nil; left-- {
		db := in.uvarint()
		if in.err == nil && (db < next || db >= Databases) {
			return fmt.Errorf("a database has the index %d, expected %d to %d", db, next, Databases-1)
		}
		next = db + 1
		if err := s.readDatabase(in, uint8(db)); err != nil {
			return err
		}
	}
	if in.err != nil {
		return in.err
	}
	return in.end()
}

// readDatabase fills an empty database.
func (s *Store) readDatabase(in *snapshotReader, db uint8) error {
	n := in.uvarint()
	if n == 0 && in.err == nil {
		return fmt.Errorf("database %d has no keys, expected some", db)
	}
	var last *entry
	for ; n > 0 && in.err == nil; n-- {
		e := s.readEntry(in)
		if in.err != nil {
			break
		}
		if last != nil && !placeLess(place{last.hash, last}, place{e.hash, e}) {
			return fmt.Errorf("key %q is out of order", e.key)
		}
		s.spaces[db].put(e)
		last = e
	}
	return in.err
}

// readEntry reads one key. The entry is valid only if in.err is nil.
func (s *Store) readEntry(in *snapshotReader) *entry {
	n := in.uvarint()
	if n < uint64(kindString) || n > uint64(kindSet) {
		in.fail(fmt.Errorf("a key has the type %d, expected %d to %d", n, kindString, kindSet))
		return nil
	}
	k := kind(n)
	e := s.newEntry(string(in.bytes()), k)
	e.expire = in.uvarint()
	if k == kindString {
		e.str, e.born = in.bytes(), s.epoch
		return e
	}
	if n = in.uvarint(); n == 0 && in.err == nil {
		in.fail(fmt.Errorf("%s %q is empty", kindNames[k], e.key))
	}
	last := ""
	for i := uint64(0); i < n && in.err == nil; i++ {
		if k == kindList {
			e.list.Set(int64(i), in.bytes())
			continue
		}
		name := string(in.bytes())
		if i > 0 && name <= last && in.err == nil {
			in.fail(fmt.Errorf("%s %q: %q is out of order", kindNames[k], e.key, name))
		}
		last = name
		if k == kindSet {
			e.set.Set(name, struct{}{})
		} else {
			e.fields.Set(name, in.bytes())
		}
	}
	return e
}

var (
	errSnapshotLength = fmt.Errorf("a length is above the limit of %d bytes", maxValue)
	errSnapshotSum    = errors.New("its checksum is wrong")
	errSnapshotTail   = errors.New("there are bytes after its end")
)

// snapshotReader reads the parts of a snapshot and keeps the first error.
type snapshotReader struct {
	r   *bufio.Reader
	sum *xxhash.Digest
	err error
	one [1]byte
}

func (in *snapshotReader) fail(err error) {
	if in.err == nil {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		in.err = err
	}
}

func (in *snapshotReader) full(b []byte) {
	if in.err != nil {
		return
	}
	if _, err := io.ReadFull(in.r, b); err != nil {
		in.fail(err)
		return
	}
	_, _ = in.sum.Write(b) // never fails
}

// ReadByte implements io.ByteReader for binary.ReadUvarint.
func (in *snapshotReader) ReadByte() (byte, error) {
	in.full(in.one[:])
	return in.one[0], in.err
}

func (in *snapshotReader) uvarint() uint64 {
	if in.err != nil {
		return 0
	}
	v, err := binary.ReadUvarint(in)
	if err != nil {
		in.fail(err)
		return 0
	}
	return v
}

// bytes reads a length and that many bytes. It refuses lengths above maxValue before it allocates.
func (in *snapshotReader) bytes() []byte {
	n := in.uvarint()
	if n > maxValue {
		in.fail(errSnapshotLength)
	}
	if in.err != nil {
		return nil
	}
	b := make([]byte, n)
	in.full(b)
	return b
}

// end verifies the checksum, and that nothing follows it.
func (in *snapshotReader) end() error {
	want := in.sum.Sum64()
	var tail [8]byte
	in.full(tail[:])
	switch {
	case in.err != nil:
		return in.err
	case binary.LittleEndian.Uint64(tail[:]) != want:
		return errSnapshotSum
	}
	if _, err := in.r.ReadByte(); err != io.EOF {
		if err != nil {
			return err
		}
		return errSnapshotTail
	}
	return nil
}
