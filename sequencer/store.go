package sequencer

import (
	"cmp"
	"maps"
	"slices"
)

// store holds the forwarding state as the controller wrote it, for Read. A store with a data plane
// passes every change on; a store without one belongs to a pipeline that is saved but not committed.
type store struct {
	contract *contract
	plane    DataPlane // nil: not committed
	entries  map[Key]entry
	sizes    map[uint32]int // entries per table, without default entries
	groups   map[uint16][]Replica
}

// entry is a table entry without its key.
type entry struct {
	action             Action
	controllerMetadata uint64
	metadata           []byte
}

func newStore(c *contract, plane DataPlane) *store {
	return &store{
		contract: c,
		plane:    plane,
		entries:  map[Key]entry{},
		sizes:    map[uint32]int{},
		groups:   map[uint16][]Replica{},
	}
}

// commit replaces the data plane's state by the store's.
func (s *store) commit(plane DataPlane) {
	s.plane = plane
	plane.Clear()
	for _, id := range s.groupIDs() {
		plane.SetMulticast(id, slices.Clone(s.groups[id]))
	}
	for _, key := range s.keys() {
		plane.Put(key, s.entries[key].action)
	}
}

// lookup finds an entry. An unmodified default entry has its initial action.
func (s *store) lookup(key Key) (entry, bool) {
	e, ok := s.entries[key]
	if !ok && key.Default {
		return entry{action: Action{ID: s.contract.tables[key.Table].initial}}, true
	}
	return e, ok
}

func (s *store) put(key Key, e entry) {
	if _, ok := s.entries[key]; !ok && !key.Default {
		s.sizes[key.Table]++
	}
	s.entries[key] = e
	if s.plane != nil {
		s.plane.Put(key, e.action)
	}
}

func (s *store) remove(key Key) {
	delete(s.entries, key)
	if !key.Default {
		s.sizes[key.Table]--
	}
	if s.plane != nil {
		s.plane.Delete(key)
	}
}

// counter reads a direct counter, which is 0 before the pipeline is committed.
func (s *store) counter(key Key) Counter {
	if s.plane == nil {
		return Counter{}
	}
	return s.plane.Counter(key)
}

func (s *store) setGroup(id uint16, replicas []Replica) {
	s.groups[id] = replicas
	if s.plane != nil {
		s.plane.SetMulticast(id, slices.Clone(replicas))
	}
}

func (s *store) removeGroup(id uint16) {
	delete(s.groups, id)
	if s.plane != nil {
		s.plane.DeleteMulticast(id)
	}
}

// keys returns the keys of all entries in a fixed order.
func (s *store) keys() []Key {
	return slices.SortedFunc(maps.Keys(s.entries), func(a, b Key) int {
		return cmp.Or(
			cmp.Compare(a.Table, b.Table),
			compareBool(a.Default, b.Default),
			slices.Compare(a.Fields[:], b.Fields[:]),
			cmp.Compare(a.PrefixLen, b.PrefixLen),
		)
	})
}

// compareBool orders false before true.
func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	default:
		return 1
	}
}

func (s *store) groupIDs() []uint16 { return slices.Sorted(maps.Keys(s.groups)) }
