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

// The record of a replica is one small file, which is replaced as a whole: magic, version, the fields of replica.Record in
// big-endian order, and the CRC-32C of all that.
const (
	recordName    = "replica.record"
	recordMagic   = 0x4E505245 // "NPRE"
	recordVersion = 1
	recordLen     = 4 + 1 + 12 + 12 + 8 + 8 + 4
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func encodeRecord(r replica.Record) []byte {
	b := binary.BigEndian.AppendUint32(make([]byte, 0, recordLen), recordMagic)
	b = append(b, recordVersion)
	for _, v := range []wire.View{r.View, r.LastNormal} {
		b = binary.BigEndian.AppendUint64(b, v.Leader)
		b = binary.BigEndian.AppendUint32(b, v.Session)
	}
	b = binary.BigEndian.AppendUint64(b, r.Incarnation)
	b = binary.BigEndian.AppendUint64(b, r.Epoch)
	return binary.BigEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
}

func decodeRecord(b []byte) (replica.Record, error) {
	switch {
	case len(b) != recordLen:
		return replica.Record{}, fmt.Errorf("%d bytes long, expected %d", len(b), recordLen)
	case binary.BigEndian.Uint32(b) != recordMagic:
		return replica.Record{}, fmt.Errorf("starts with %#08x, expected %#08x", binary.BigEndian.Uint32(b), uint32(recordMagic))
	case b[4] != recordVersion:
		return replica.Record{}, fmt.Errorf("version %d, expected %d", b[4], recordVersion)
	}
	body := b[:recordLen-4]
	if sum := crc32.Checksum(body, castagnoli); sum != binary.BigEndian.Uint32(b[recordLen-4:]) {
		return replica.Record{}, fmt.Errorf("checksum %08x, expected %08x", binary.BigEndian.Uint32(b[recordLen-4:]), sum)
	}
	view := func(at int) wire.View {
		return wire.View{Leader: binary.BigEndian.Uint64(b[at:]), Session: binary.BigEndian.Uint32(b[at+8:])}
	}
	return replica.Record{
		View: view(5), LastNormal: view(17),
		Incarnation: binary.BigEndian.Uint64(b[29:]), Epoch: binary.BigEndian.Uint64(b[37:]),
	}, nil
}

// ErrNoRecord means that a replica's directory has no record: the replica was never bootstrapped, or its disk was lost. A replica
// that lost its record must not return under the same number, because it may have made promises that it no longer knows.
var ErrNoRecord = errors.New("no record of the replica")

// ErrRecordExists means that a directory is already bootstrapped.
var ErrRecordExists = errors.New("the replica has a record already")

// Bootstrap creates the record of a replica of a new group in dir, and dir if necessary. It must run once for every replica of the
// group, before any of them starts.
func Bootstrap(dir string) error {
	return withLock(dir, func() error {
		err := createRecord(dir, replica.Bootstrap())
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
func Discard(dir string) error {
	return withLock(dir, func() error {
		_, err := os.Stat(filepath.Join(dir, recordName))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return fmt.Errorf("%w, expected one to discard", ErrNoRecord)
		case err != nil:
			return err
		}
		return saveRecord(dir, replica.Bootstrap())
	})
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
	return f()
}

func loadRecord(dir string) (replica.Record, error) {
	path := filepath.Join(dir, recordName)
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return replica.Record{}, fmt.Errorf("server: %s: %w: bootstrap a new group explicitly; replace a replica that lost its disk", path, ErrNoRecord)
	}
	if err != nil {
		return replica.Record{}, fmt.Errorf("server: replica record: %w", err)
	}
	r, err := decodeRecord(b)
	if err != nil {
		return replica.Record{}, fmt.Errorf("server: replica record %s is damaged: %w", path, err)
	}
	return r, nil
}

// saveRecord replaces the record and returns once the new one is durable.
func saveRecord(dir string, r replica.Record) error {
	return placeRecord(dir, r, os.Rename)
}

// createRecord creates a record and returns once it is durable. If the name exists, it changes nothing and the error is
// fs.ErrExist.
func createRecord(dir string, r replica.Record) error {
	return placeRecord(dir, r, func(from, to string) error {
		if err := os.Link(from, to); err != nil {
			return err
		}
		return os.Remove(from)
	})
}

// placeRecord writes the record to a temporary file, which place moves to its name.
func placeRecord(dir string, r replica.Record, place func(from, to string) error) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("server: saving the replica record: %w", err)
		}
	}()
	path := filepath.Join(dir, recordName)
	f, err := os.CreateTemp(dir, recordName+".*")
	if err != nil {
		return err
	}
	_, err = bytes.NewReader(encodeRecord(r)).WriteTo(f)
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

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
