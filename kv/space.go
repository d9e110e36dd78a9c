package kv

import (
	"strings"
	"unsafe"

	"github.com/cespare/xxhash/v2"
	"github.com/tidwall/btree"
)

// kind is the type of a value. The numbers are part of the snapshot's format.
type kind uint8

const (
	kindString kind = 1
	kindHash   kind = 2
	kindList   kind = 3
	kindSet    kind = 4
)

var kindNames = [...]string{kindString: "string", kindHash: "hash", kindList: "list", kindSet: "set"}

// entry is a key and its value. Snapshots may refer to entries of epochs before the store's, so such an
// entry is never changed: Store.own replaces it by a copy first.
type entry struct {
	key    string
	hash   uint64 // of key
	kind   kind
	epoch  uint64 // the store's when this entry was made
	expire uint64 // logical time in ms at which the key expires; 0: never

	str    []byte // kindString
	born   uint64 // the store's epoch when str was made
	fields *btree.Map[string, []byte]
	list   *btree.Map[int64, []byte] // by position; positions are contiguous and may be negative
	set    *btree.Map[string, struct{}]
}

// collectionDegree is the B-tree degree of a hash, list or set. The first write after a snapshot copies
// more with a larger degree.
const collectionDegree = 16

func (s *Store) newEntry(key string, k kind) *entry {
	e := &entry{key: key, hash: xxhash.Sum64String(key), kind: k, epoch: s.epoch}
	switch k {
	case kindHash:
		e.fields = btree.NewMap[string, []byte](collectionDegree)
	case kindList:
		e.list = btree.NewMap[int64, []byte](collectionDegree)
	case kindSet:
		e.set = btree.NewMap[string, struct{}](collectionDegree)
	}
	return e
}

// size returns the number of elements of a collection, or the length of a string.
func (e *entry) size() int {
	switch e.kind {
	case kindHash:
		return e.fields.Len()
	case kindList:
		return e.list.Len()
	case kindSet:
		return e.set.Len()
	}
	return len(e.str)
}

// place orders the tree of keys by hash, and by key where hashes collide. Comparisons thus seldom read
// the key, and a SCAN cursor is a hash.
type place struct {
	hash uint64
	*entry
}

func placeLess(a, b place) bool {
	return a.hash < b.hash || a.hash == b.hash && a.key < b.key
}

func deadlineLess(a, b *entry) bool {
	return a.expire < b.expire || a.expire == b.expire && a.key < b.key
}

// space is one database. FLUSHDB replaces it.
type space struct {
	keys     *btree.BTreeG[place]
	expiring *btree.BTreeG[*entry] // the entries that expire, by deadline and key
}

func newSpace() *space {
	options := btree.Options{NoLocks: true}
	return &space{
		keys:     btree.NewBTreeGOptions(placeLess, options),
		expiring: btree.NewBTreeGOptions(deadlineLess, options),
	}
}

// get returns the entry of a key, expired or not, or nil. probe is scratch.
func (sp *space) get(key string, probe *entry) *entry {
	probe.key = key
	p, ok := sp.keys.Get(place{xxhash.Sum64String(key), probe})
	probe.key = ""
	if !ok {
		return nil
	}
	return p.entry
}

// put adds an entry, or replaces one of the same key and deadline.
func (sp *space) put(e *entry) {
	sp.keys.Set(place{e.hash, e})
	if e.expire != 0 {
		sp.expiring.Set(e)
	}
}

func (sp *space) drop(e *entry) {
	sp.keys.Delete(place{e.hash, e})
	if e.expire != 0 {
		sp.expiring.Delete(e)
	}
}

// setExpire changes the deadline of an entry of the current epoch.
func (sp *space) setExpire(e *entry, expire uint64) {
	if e.expire != 0 {
		sp.expiring.Delete(e)
	}
	e.expire = expire
	if expire != 0 {
		sp.expiring.Set(e)
	}
}

// view returns b as a string that shares its memory, for lookups only.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

func clone(b []byte) []byte { return append(make([]byte, 0, len(b)), b...) }

// The methods below change the state and record each change for Undo. They may replace the entry e that
// they change, and return the entry that is in the store afterwards.

// own returns the key's entry in a form that no snapshot refers to: e, or a copy that replaces it.
func (s *Store) own(e *entry) *entry {
	if e.epoch == s.epoch {
		return e
	}
	c := *e
	c.epoch = s.epoch
	switch e.kind {
	case kindHash:
		c.fields = e.fields.IsoCopy()
	case kindList:
		c.list = e.list.IsoCopy()
	case kindSet:
		c.set = e.set.IsoCopy()
	}
	s.space.put(&c)
	return &c
}

func (s *Store) insert(e *entry) {
	s.record(undo{kind: undoEntry, key: e.key})
	s.space.put(e)
	s.expect(e.expire)
}

func (s *Store) remove(e *entry) {
	s.record(undo{kind: undoEntry, key: e.key, entry: e})
	s.space.drop(e)
}

// removeIfEmpty removes a collection without elements. The store holds none, as in Redis.
func (s *Store) removeIfEmpty(e *entry) {
	if e.size() == 0 {
		s.remove(e)
	}
}

func (s *Store) setExpire(e *entry, expire uint64) *entry {
	if e.expire == expire {
		return e
	}
	e = s.own(e)
	s.record(undo{kind: undoExpire, key: e.key, n: e.expire})
	s.space.setExpire(e, expire)
	s.expect(expire)
	return e
}

// expect notes a new deadline; 0: none.
func (s *Store) expect(expire uint64) {
	if expire != 0 {
		s.earliest = min(s.earliest, expire)
	}
}

// setString copies v as the string's new value.
func (s *Store) setString(e *entry, v []byte) *entry {
	e = s.own(e)
	b := s.buffers.get(len(v))
	copy(b, v)
	old := undo{kind: undoString, key: e.key, value: e.str, n: e.born}
	e.str, e.born = b, s.epoch
	s.record(old)
	return e
}

// appendString appends v to a string, in place if the capacity suffices and no snapshot refers to the
// slice.
func (s *Store) appendString(e *entry, v []byte) *entry {
	e = s.own(e)
	n := len(e.str) + len(v)
	if e.born == s.epoch && n <= cap(e.str) {
		s.record(undo{kind: undoAppend, key: e.key, n: uint64(len(e.str))})
		e.str = append(e.str, v...)
		return e
	}
	b := s.buffers.get(max(n, min(2*n, maxValue)))[:n]
	copy(b[copy(b, e.str):], v)
	old := undo{kind: undoString, key: e.key, value: e.str, n: e.born}
	e.str, e.born = b, s.epoch
	s.record(old)
	return e
}

// setField sets a field of a hash to v, which it keeps.
func (s *Store) setField(e *entry, field string, v []byte) (_ *entry, added bool) {
	e = s.own(e)
	field = strings.Clone(field)
	old, had := e.fields.Set(field, v)
	s.record(undo{kind: undoField, key: e.key, field: field, value: old, had: had})
	return e, !had
}

func (s *Store) deleteField(e *entry, field string) (*entry, bool) {
	if _, has := e.fields.Get(field); !has {
		return e, false
	}
	e = s.own(e)
	old, _ := e.fields.Delete(field)
	s.record(undo{kind: undoField, key: e.key, field: strings.Clone(field), value: old, had: true})
	return e, true
}

func (s *Store) addMember(e *entry, member string) (*entry, bool) {
	if _, has := e.set.Get(member); has {
		return e, false
	}
	e = s.own(e)
	member = strings.Clone(member)
	e.set.Set(member, struct{}{})
	s.record(undo{kind: undoMember, key: e.key, field: member})
	return e, true
}

func (s *Store) deleteMember(e *entry, member string) (*entry, bool) {
	if _, has := e.set.Get(member); !has {
		return e, false
	}
	e = s.own(e)
	e.set.Delete(member)
	s.record(undo{kind: undoMember, key: e.key, field: strings.Clone(member), had: true})
	return e, true
}

// push adds v, which it keeps, at the left or right end of a list.
func (s *Store) push(e *entry, left bool, v []byte) *entry {
	e = s.own(e)
	at := int64(0)
	switch first, _, any := e.list.Min(); {
	case any && left:
		at = first - 1
	case any:
		last, _, _ := e.list.Max()
		at = last + 1
	}
	e.list.Set(at, v)
	s.record(undo{kind: undoElement, key: e.key, n: uint64(at)})
	return e
}

// pop removes and returns the leftmost or rightmost element of a non-empty list.
func (s *Store) pop(e *entry, left bool) (*entry, []byte) {
	e = s.own(e)
	var at int64
	var v []byte
	if left {
		at, v, _ = e.list.PopMin()
	} else {
		at, v, _ = e.list.PopMax()
	}
	s.record(undo{kind: undoElement, key: e.key, n: uint64(at), value: v, had: true})
	return e, v
}
