package kv

import "fmt"

// undoKind says what an undo record takes back.
type undoKind uint8

const (
	undoEntry   undoKind = iota + 1 // key held entry, or nothing
	undoExpire                      // the deadline was n
	undoString                      // the value was value, made in epoch n
	undoAppend                      // the value was n bytes long
	undoField                       // the field of the hash held value, if had
	undoMember                      // the set held the member field, if had
	undoElement                     // the list held value at position n, if had
	undoFlush                       // the database was space
)

// undo is what one change takes back. It names the key, not the entry: a snapshot in between makes
// the entry another.
type undo struct {
	slot  uint64
	kind  undoKind
	had   bool
	key   string
	field string
	value []byte
	n     uint64
	entry *entry
	space *space
}

// undoLog is a queue of records: new ones at the end, released ones leave at the front, undone ones
// at the end.
type undoLog struct {
	ring  []undo // its length is a power of two
	first uint64 // index of the oldest record; indices count up for ever
	end   uint64
}

const (
	minUndoRing  = 1 << 10
	keepUndoRing = 1 << 16 // a larger ring is given up once it is empty
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

// shrink gives up a ring that a burst has made large.
func (l *undoLog) shrink() {
	if l.first == l.end && len(l.ring) > keepUndoRing {
		*l = undoLog{}
	}
}

// record keeps a change's undo record, or, where nothing will be taken back, what it would hold for
// reuse.
func (s *Store) record(u undo) {
	if s.slot <= s.released {
		s.reuse(&u)
		return
	}
	u.slot = s.slot
	s.undo.push(u)
}

// reuse keeps the value that a record held for the next one that is set, unless a snapshot was taken
// since the value was made and may refer to it.
func (s *Store) reuse(u *undo) {
	if u.kind == undoString && u.n == s.epoch {
		s.buffers.put(u.value)
	}
}

// Release says that nothing at or below slot will be taken back any more.
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

// Undo takes back every Execute at slots behind slot, the newest first. Taking back what was
// released panics: the caller would go on from a state that never was.
func (s *Store) Undo(slot uint64) {
	if slot < s.released && slot < s.slot {
		panic(fmt.Sprintf("kv: Undo(%d) after Release(%d)", slot, s.released))
	}
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
	if u.kind == undoFlush {
		s.space = u.space
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
	e = s.own(e) // every other change leaves the key in place
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

// dropUndo forgets every record.
func (s *Store) dropUndo() { s.undo = undoLog{} }

// tree is what restore needs of a B-tree map.
type tree[K, V any] interface {
	Set(K, V) (V, bool)
	Delete(K) (V, bool)
}

// restore gives key the value it had, or none.
func restore[K, V any](had bool, t tree[K, V], key K, value V) {
	if had {
		t.Set(key, value)
	} else {
		t.Delete(key)
	}
}
