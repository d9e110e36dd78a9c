package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"time"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// lockTimeout bounds the wait for the file lock of a controller that is just ending.
const lockTimeout = 2 * time.Second

var (
	bucketSessions = []byte("sessions") // group → u32, big-endian like all
	bucketIndexes  = []byte("indexes")  // group → u16
	bucketMeta     = []byte("meta")
	keyElection    = []byte("election") // u64
)

// boltStore is a Store in one file.
type boltStore struct {
	db    *bolt.DB
	path  string
	cells int
}

// Open opens the store in the file at path, and creates it if there is none. cells is the number of register cells that
// a target has. Open returns ErrLocked if another controller has the store open.
func Open(path string, cells int) (Store, error) {
	db, err := bolt.Open(path, 0o600, &bolt.Options{Timeout: lockTimeout})
	if errors.Is(err, bolterrors.ErrTimeout) {
		err = ErrLocked
	}
	if err != nil {
		return nil, fmt.Errorf("store: open session store %s: %w", path, err)
	}
	err = db.Update(func(tx *bolt.Tx) error {
		for _, name := range [][]byte{bucketSessions, bucketIndexes, bucketMeta} {
			if _, err := tx.CreateBucketIfNotExists(name); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("store: create the buckets of session store %s: %w", path, err), db.Close())
	}
	return &boltStore{db: db, path: path, cells: cells}, nil
}

// Close implements Store.
func (s *boltStore) Close() error { return s.db.Close() }

func groupKey(group uint32) []byte { return binary.BigEndian.AppendUint32(nil, group) }

// session decodes a stored session number. A record of another length means a damaged store, which must not be taken
// for an empty one.
func (s *boltStore) session(tx *bolt.Tx, group uint32) (uint32, error) {
	v := tx.Bucket(bucketSessions).Get(groupKey(group))
	switch len(v) {
	case 0:
		return 0, nil
	case 4:
		return binary.BigEndian.Uint32(v), nil
	}
	return 0, fmt.Errorf("store: session store %s: record of group %d has %d bytes, expected 4", s.path, group, len(v))
}

// Last implements Store.
func (s *boltStore) Last(group uint32) (last uint32, err error) {
	err = s.db.View(func(tx *bolt.Tx) error {
		last, err = s.session(tx, group)
		return err
	})
	return last, err
}

// Next implements Store. It syncs the file before it returns.
func (s *boltStore) Next(group, floor uint32) (next uint32, err error) {
	err = s.db.Update(func(tx *bolt.Tx) error {
		last, err := s.session(tx, group)
		if err != nil {
			return err
		}
		last = max(last, floor)
		if last == math.MaxUint32 {
			return fmt.Errorf("%w: group %d", errExhausted, group)
		}
		next = last + 1
		return tx.Bucket(bucketSessions).Put(groupKey(group), binary.BigEndian.AppendUint32(nil, next))
	})
	if err != nil {
		return 0, err
	}
	return next, nil
}

// Cell implements Store.
func (s *boltStore) Cell(group uint32) (cell uint16, err error) {
	err = s.db.Update(func(tx *bolt.Tx) error {
		b := tx.Bucket(bucketIndexes)
		switch v := b.Get(groupKey(group)); len(v) {
		case 0:
		case 2:
			cell = binary.BigEndian.Uint16(v)
			return nil
		default:
			return fmt.Errorf("store: session store %s: cell of group %d has %d bytes, expected 2", s.path, group, len(v))
		}
		used, err := b.NextSequence() // from 1
		if err != nil {
			return err
		}
		if used > uint64(s.cells) {
			return fmt.Errorf("store: session store %s: group %d would be the store's group number %d, expected at most %d over its life",
				s.path, group, used, s.cells)
		}
		cell = uint16(used - 1)
		return b.Put(groupKey(group), binary.BigEndian.AppendUint16(nil, cell))
	})
	return cell, err
}

// Election implements Store.
func (s *boltStore) Election(floor uint64) (id uint64, err error) {
	err = s.db.Update(func(tx *bolt.Tx) error {
		b := tx.Bucket(bucketMeta)
		if v := b.Get(keyElection); len(v) == 8 {
			id = binary.BigEndian.Uint64(v)
		}
		id = max(id+1, floor)
		return b.Put(keyElection, binary.BigEndian.AppendUint64(nil, id))
	})
	return id, err
}
