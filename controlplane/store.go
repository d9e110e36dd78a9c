package controlplane

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"time"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// Store hands out what must never come twice. Everything that its methods return is durable
// before they return. They may be called from several goroutines.
type Store interface {
	// Last returns the newest session number that was handed out for group; 0: none.
	Last(group uint32) (uint32, error)
	// Next hands out a session number for group: above every earlier one and above floor.
	Next(group, floor uint32) (uint32, error)
	// Index returns the register cell of group, which it keeps for ever: the cell remembers
	// the highest session that it met, so no other group may use it.
	Index(group uint32) (uint16, error)
	// Election returns a P4Runtime election id above every earlier one and not below floor.
	Election(floor uint64) (uint64, error)
	// Close releases the store.
	Close() error
}

// ErrStoreLocked says that another controller uses the store.
var ErrStoreLocked = errors.New("another controller has it open")

// ErrSessionsExhausted says that a group has used every session number there is.
var ErrSessionsExhausted = errors.New("controlplane: session numbers are exhausted")

// lockTimeout is how long OpenStore waits for the file lock of a controller that is just ending.
const lockTimeout = 2 * time.Second

var (
	bucketSessions = []byte("sessions") // group → u32, big-endian like all
	bucketIndexes  = []byte("indexes")  // group → u16
	bucketMeta     = []byte("meta")
	keyElection    = []byte("election") // u64
)

// BoltStore is a Store in one file.
type BoltStore struct {
	db    *bolt.DB
	path  string
	cells int
}

// OpenStore opens the store at path, and makes it where there is none. cells is the number of
// register cells that a target has. A store that another controller has open gives
// ErrStoreLocked.
func OpenStore(path string, cells int) (*BoltStore, error) {
	db, err := bolt.Open(path, 0o600, &bolt.Options{Timeout: lockTimeout})
	if errors.Is(err, bolterrors.ErrTimeout) {
		err = ErrStoreLocked
	}
	if err != nil {
		return nil, fmt.Errorf("controlplane: open session store %s: %w", path, err)
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
		return nil, errors.Join(fmt.Errorf("controlplane: prepare session store %s: %w", path, err), db.Close())
	}
	return &BoltStore{db: db, path: path, cells: cells}, nil
}

// Close implements Store.
func (s *BoltStore) Close() error { return s.db.Close() }

func groupKey(group uint32) []byte { return binary.BigEndian.AppendUint32(nil, group) }

// session decodes a stored session number. A record of another length is a damaged store, which
// must not be taken for an empty one.
func (s *BoltStore) session(tx *bolt.Tx, group uint32) (uint32, error) {
	v := tx.Bucket(bucketSessions).Get(groupKey(group))
	switch len(v) {
	case 0:
		return 0, nil
	case 4:
		return binary.BigEndian.Uint32(v), nil
	}
	return 0, fmt.Errorf("controlplane: session store %s: record of group %d has %d bytes, expected 4", s.path, group, len(v))
}

// Last implements Store.
func (s *BoltStore) Last(group uint32) (last uint32, err error) {
	err = s.db.View(func(tx *bolt.Tx) error {
		last, err = s.session(tx, group)
		return err
	})
	return last, err
}

// Next implements Store. It syncs the file before it returns.
func (s *BoltStore) Next(group, floor uint32) (next uint32, err error) {
	err = s.db.Update(func(tx *bolt.Tx) error {
		last, err := s.session(tx, group)
		if err != nil {
			return err
		}
		last = max(last, floor)
		if last == math.MaxUint32 {
			return fmt.Errorf("%w: group %d", ErrSessionsExhausted, group)
		}
		next = last + 1
		return tx.Bucket(bucketSessions).Put(groupKey(group), binary.BigEndian.AppendUint32(nil, next))
	})
	if err != nil {
		return 0, err
	}
	return next, nil
}

// Index implements Store.
func (s *BoltStore) Index(group uint32) (index uint16, err error) {
	err = s.db.Update(func(tx *bolt.Tx) error {
		b := tx.Bucket(bucketIndexes)
		switch v := b.Get(groupKey(group)); len(v) {
		case 0:
		case 2:
			index = binary.BigEndian.Uint16(v)
			return nil
		default:
			return fmt.Errorf("controlplane: session store %s: cell of group %d has %d bytes, expected 2", s.path, group, len(v))
		}
		used, err := b.NextSequence() // from 1
		if err != nil {
			return err
		}
		if used > uint64(s.cells) {
			return fmt.Errorf("controlplane: session store %s: group %d would be the store's group number %d, expected at most %d over its life",
				s.path, group, used, s.cells)
		}
		index = uint16(used - 1)
		return b.Put(groupKey(group), binary.BigEndian.AppendUint16(nil, index))
	})
	return index, err
}

// Election implements Store.
func (s *BoltStore) Election(floor uint64) (id uint64, err error) {
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
