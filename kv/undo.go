package kv

import "fmt"

// undoKind is the kind of change that an undo record reverses.
type undoKind uint8

const (
	undoEntry   undoKind = iota + 1 // key held entry, or did not exist if nil
	undoExpire                      // the deadline was n
	undoString                      // the string was value, made in epoch n
	undoAppend                      // the string was n bytes long
	undoField                       // the field of the hash held value if had, else it did not exist
	undoMember                      // the set had the member field if had
	undoElement                     // the list held value at position n if had
	undoFlush                       // the database was space
	undoSwap                        // the database and database n were each in the other's place
)

// undo reverses one change in database db. It names the key, since a snapshot taken after the change makes
// the next write replace the entry.
type undo struct {
	slot  uint64
	kind  undoKind
	db    uint8
	had   bool
	key   string
	field string
	value []byte
	n     uint64
	entry *entry
	space *space
}

// undoLog is a double-ended queue of records. New records join at the end; Release removes records at the
// front, Undo at the end.
type undoLog struct {
	ring  []undo // its length is a power of two
	first uint64 // index of the oldest record; indices only grow
	end   uint64
}

const (
	minUndoRing  = 1 << 10
	keepUndoRing = 1 << 16 // a larger ring is freed when it becomes empty
)

func (l *undoLog) at(i uint64) *undo { return &l.ring[i&uint64(len(l.ring)-1)] }

func (l *undoLog) push(u undo) {
	if l.end-l.first == uint64(len(l.ring)) {
		l.grow()
	}
	*l.at(l.end) = u
	l.end++
}

func (l *undoLog) grow() {
	bigger := undoLog{ring: make([]undo, max(minUndoRing, 2*len(l.ring))), first: l.first, end: l.end}
	for i := l.first; i < l.end; i++ {
		*bigger.at(i) = *l.at(i)
	}
	*l = bigger
}

// shrink frees an empty ring that a burst has made large.
func (l *undoLog) shrink() {
	if l.first == l.end && len(l.ring) > keepUndoRing {
		*l = undoLog{}
	}
}

// record keeps a change's undo record. If the slot is released already, it recycles the overwritten value
// instead.
func (s *Store) record(u undo) {
	if s.slot <= s.released {
		s.reuse(&u)
		return
	}
	u.slot, u.db = s.slot, s.db
	s.undo.push(u)
}

// reuse recycles the overwritten value that a record holds, unless a snapshot taken since the value was
// made may refer to it.
func (s *Store) reuse(u *undo) {
	if u.kind == undoString && u.n == s.epoch {
		s.buffers.put(u.value)
	}
}

// Release promises that no slot up to and including slot will be undone.
func (s *Store) Release(slot uint64) {
	if slot <= s.released {
		return
	}
	s.released = slot
	l := &s.undo
	for l.first < l.end && l.at(l.first).slot <= slot {
		u := l.at(l.first)
		s.reuse(u)
		*u = undo{}
		l.first++
	}
	l.shrink()
}

// Undo reverses every Execute at slots above slot, the newest first. It panics if one of them was
// released, since the caller would continue from a state that never existed.
func (s *Store) Undo(slot uint64) {
	if slot < s.released && slot < s.slot {
		panic(fmt.Sprintf("kv: Undo(%d) after Release(%d)", slot, s.released))
	}
	s.earliest = 0 // deadlines may come back
	l := &s.undo
	for l.end > l.first && l.at(l.end-1).slot > slot {
		l.end--
		u := l.at(l.end)
		s.takeBack(u)
		*u = undo{}
	}
	s.slot = min(s.slot, slot)
	l.shrink()
}

func (s *Store) takeBack(u *undo) {
	s.use(u.db)
	switch u.kind {
	case undoFlush:
		s.spaces[u.db] = u.space
		s.use(u.db)
		return
	case undoSwap:
		s.swap(u.db, uint8(u.n))
		return
	}
	e := s.space.get(u.key, &s.probe)
	if u.kind == undoEntry {
		if e != nil {
			s.space.drop(e)
		}
		if u.entry != nil {
			s.space.put(u.entry)
		}
		return
	}
	e = s.own(e) // every other kind of change leaves the key in place
	switch u.kind {
	case undoExpire:
		s.space.setExpire(e, u.n)
	case undoString:
		s.reuse(&undo{kind: undoString, value: e.str, n: e.born})
		e.str, e.born = u.value, u.n
	case undoAppend:
		e.str = e.str[:u.n]
	case undoField:
		restore(u.had, e.fields, u.field, u.value)
	case undoMember:
		restore(u.had, e.set, u.field, struct{}{})
	case undoElement:
		restore(u.had, e.list, int64(u.n), u.value)
	}
}

// dropUndo drops all records.
func (s *Store) dropUndo() { s.undo = undoLog{} }

// tree is the part of a B-tree map that restore needs.
type tree[K, V any] interface {
	Set(K, V) (V, bool)
	Delete(K) (V, bool)
}

// restore sets key to the value that it had, or deletes it.
func restore[K, V any](had bool, t tree[K, V], key K, value V) {
	if had {
		t.Set(key, value)
	} else {
		t.Delete(key)
	}
}
