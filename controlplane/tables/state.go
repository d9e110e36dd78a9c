package tables

import (
	"cmp"
	"slices"
)

// State is the content of a target's tables.
type State struct {
	Entries   map[Key]Action
	Multicast map[uint16][]Copy // by multicast group; in order
}

// Key is the key of a table entry. No table of ours has more than two match fields.
type Key struct {
	Table  uint32
	Match  uint64
	Second uint64 // oum_group: the SEQUENCED bit; ipv4_lpm: the prefix length
}

// Action is the action of an entry. Parameters are in the order of their ids, which start at 1.
type Action struct {
	ID     uint32
	Params [4]uint64
}

// Copy is one copy of a multicast group: the egress port, and the key of its entry in oum_copy.
type Copy struct {
	Port uint16
	RID  uint16
}

// CompareCopies orders the copies of a multicast group.
func CompareCopies(a, b Copy) int {
	return cmp.Or(cmp.Compare(a.Port, b.Port), cmp.Compare(a.RID, b.RID))
}

// New returns empty tables.
func New() *State {
	return &State{Entries: make(map[Key]Action), Multicast: make(map[uint16][]Copy)}
}

// keys returns the keys of a table's entries, in order.
func (s *State) keys(table uint32) []Key {
	var keys []Key
	for k := range s.Entries {
		if k.Table == table {
			keys = append(keys, k)
		}
	}
	slices.SortFunc(keys, func(a, b Key) int {
		return cmp.Or(cmp.Compare(a.Match, b.Match), cmp.Compare(a.Second, b.Second))
	})
	return keys
}
