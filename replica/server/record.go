package server

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/netordered/nopaxos/replica"
	"github.com/netordered/nopaxos/replica/wire"
)

// The record of a replica is one small file, which is replaced as a whole: magic, version, owner, the fields of replica.Record
// in big-endian order, and the CRC-32C of all that.
const (
	recordName    = "replica.record"
	recordMagic   = 0x4E505245 // "NPRE"
	recordVersion = 2          // version 1 had no owner
	recordLen     = recordHead + ownerLen + 12 + 12 + 8 + 8 + 4
	recordHead    = 4 + 1
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func encodeRecord(o Owner, r replica.Record) []byte {
	b := binary.BigEndian.AppendUint32(make([]byte, 0, recordLen), recordMagic)
	b = o.append(append(b, recordVersion))
	for _, v := range []wire.View{r.View, r.LastNormal} {
		b = binary.BigEndian.AppendUint64(b, v.Leader)
		b = binary.BigEndian.AppendUint32(b, v.Session)
	}
	b = binary.BigEndian.AppendUint64(b, r.Incarnation)
	b = binary.BigEndian.AppendUint64(b, r.Epoch)
	return binary.BigEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
}

func decodeRecord(b []byte) (Owner, replica.Record, error) {
	fail := func(format string, args ...any) (Owner, replica.Record, error) {
		return Owner{}, replica.Record{}, fmt.Errorf(format, args...)
	}
	switch {
	case len(b) < recordHead:
		return fail("%d bytes long, expected %d", len(b), recordLen)
	case binary.BigEndian.Uint32(b) != recordMagic:
		return fail("starts with %#08x, expected %#08x", binary.BigEndian.Uint32(b), uint32(recordMagic))
	case b[4] != recordVersion:
		return fail("version %d, expected %d: another version of the program wrote it", b[4], recordVersion)
	case len(b) != recordLen:
		return fail("%d bytes long, expected %d", len(b), recordLen)
	}
	body := b[:recordLen-4]
	if sum := crc32.Checksum(body, castagnoli); sum != binary.BigEndian.Uint32(b[recordLen-4:]) {
		return fail("checksum %08x, expected %08x", binary.BigEndian.Uint32(b[recordLen-4:]), sum)
	}
	owner, err := decodeOwner(b[recordHead:])
	if err != nil {
		return fail("%w", err)
	}
	fields := b[recordHead+ownerLen:]
	view := func(at int) wire.View {
		return wire.View{Leader: binary.BigEndian.Uint64(fields[at:]), Session: binary.BigEndian.Uint32(fields[at+8:])}
	}
	return owner, replica.Record{
		View: view(0), LastNormal: view(12),
		Incarnation: binary.BigEndian.Uint64(fields[24:]), Epoch: binary.BigEndian.Uint64(fields[32:]),
	}, nil
}

// ErrNoRecord means that a replica's directory has no record: the replica was never bootstrapped, or its disk was lost. A replica
// that lost its record must not return under the same number, because it may have made promises that it no longer knows.
var ErrNoRecord = errors.New("no record of the replica")

// ErrForeignRecord means that a directory holds the record of another replica.
var ErrForeignRecord = errors.New("the record belongs to another replica")

// ErrRecordExists means that a directory is already bootstrapped.
var ErrRecordExists = errors.New("the replica has a record already")

// Bootstrap creates the record of owner, a replica of a new group, in dir, and dir if necessary. It must run once for every replica of the
// group, before any of them starts.
func Bootstrap(dir string, owner Owner) error {
	return withLock(dir, func() error {
		if err := owner.check(); err != nil {
			return err
		}
		err := createRecord(dir, owner, replica.Bootstrap())
		if errors.Is(err, fs.ErrExist) {
			err = fmt.Errorf("%w, expected an empty directory", ErrRecordExists)
		}
		return err
	})
}

// Discard makes the replica in dir a replica of a new, empty group: it replaces the record and forgets the promises in it. All data
// of the old group is lost. Discard is meant for a group of which more than f replicas restarted at once. It is safe only as the
// end of that group: stop every replica before discarding the first, discard all of them before starting the first, and give the
// cluster a new key, so that no message or client of the old group passes for one of the new.
func Discard(dir string, owner Owner) error {
	return withLock(dir, func() error {
		b, err := os.ReadFile(filepath.Join(dir, recordName))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return fmt.Errorf("%w, expected one to discard", ErrNoRecord)
		case err != nil:
			return err
		}
		// A record that is damaged, or of another version, may be discarded.
		if of, _, err := decodeRecord(b); err == nil && of != owner {
			return foreign(of, owner)
		}
		return saveRecord(dir, owner, replica.Bootstrap())
	})
}

func foreign(of, owner Owner) error {
	return fmt.Errorf("%w: %s, expected %s", ErrForeignRecord, of, owner)
}

// withLock creates the directory if necessary, and calls f while it holds the lock.
func withLock(dir string, f func() error) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("server: bootstrap of %s: %w", filepath.Join(dir, recordName), err)
		}
	}()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	lock, err := lockDir(dir)
	if err != nil {
		return err
	}
	defer lock.Close()
	if err := removeUnfinished(dir); err != nil {
		return err
	}
	return f()
}

// loadRecord reads the record of owner.
func loadRecord(dir string, owner Owner) (replica.Record, error) {
	path := filepath.Join(dir, recordName)
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return replica.Record{}, fmt.Errorf("server: %s: %w: `nopaxos bootstrap` makes one for a new group, never for a replica that lost its disk: "+
			"no command replaces a member yet, so the group goes on without it, see Lost disks in docs/operations.md", path, ErrNoRecord)
	}
	if err != nil {
		return replica.Record{}, fmt.Errorf("server: replica record: %w", err)
	}
	of, r, err := decodeRecord(b)
	switch {
	case err != nil:
		return replica.Record{}, fmt.Errorf("server: replica record %s cannot be used: %w", path, err)
	case of != owner:
		return replica.Record{}, fmt.Errorf("server: replica record %s: %w", path, foreign(of, owner))
	}
	return r, nil
}

// saveRecord replaces the record and returns once the new one is durable.
func saveRecord(dir string, owner Owner, r replica.Record) error {
	return placeRecord(dir, owner, r, os.Rename)
}

// createRecord creates a record and returns once it is durable. If the name exists, it changes nothing and the error is
// fs.ErrExist.
func createRecord(dir string, owner Owner, r replica.Record) error {
	return placeRecord(dir, owner, r, func(from, to string) error {
		if err := os.Link(from, to); err != nil {
			return err
		}
		return os.Remove(from)
	})
}

// placeRecord writes the record to a temporary file, which place moves to its name.
func placeRecord(dir string, owner Owner, r replica.Record, place func(from, to string) error) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("server: saving the replica record: %w", err)
		}
	}()
	path := filepath.Join(dir, recordName)
	f, err := os.CreateTemp(dir, unfinished)
	if err != nil {
		return err
	}
	_, err = bytes.NewReader(encodeRecord(owner, r)).WriteTo(f)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = place(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return syncDir(dir)
}

// unfinished is the pattern of the names of records that are being written.
const unfinished = recordName + ".*"

// removeUnfinished removes what a process that was killed while it saved a record has left. The caller holds the lock.
func removeUnfinished(dir string) error {
	paths, err := filepath.Glob(filepath.Join(dir, unfinished))
	for _, path := range paths {
		err = errors.Join(err, os.Remove(path))
	}
	return err
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
