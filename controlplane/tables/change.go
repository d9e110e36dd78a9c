package tables

import (
	"maps"
	"slices"

	"github.com/netordered/nopaxos/p4src"
)

// Change is one write to a target: of a table entry if Key.Table is not 0, otherwise of a multicast group.
type Change struct {
	Kind   ChangeKind
	Key    Key
	Action Action
	Group  uint16
	Copies []Copy
}

// ChangeKind is the type of a P4Runtime update.
type ChangeKind uint8

// The kinds of changes.
const (
	Insert ChangeKind = iota + 1
	Modify
	Delete
)

// Apply applies a change, as a target does that accepts it.
func (s *State) Apply(c Change) {
	switch {
	case c.Key.Table != 0 && c.Kind == Delete:
		delete(s.Entries, c.Key)
	case c.Key.Table != 0:
		s.Entries[c.Key] = c.Action
	case c.Kind == Delete:
		delete(s.Multicast, c.Group)
	default:
		s.Multicast[c.Group] = c.Copies
	}
}

// Difference returns the changes that turn have into want, in batches: everything that a change names is there after
// the batch before. A target may apply the changes of a batch in any order (P4Runtime 1.3 §12.2), and at no point does
// an entry name a multicast group, or a multicast group a copy, that is not there.
func Difference(have, want *State) [][]Change {
	all := [][]Change{
		buildEntries(have, want, p4src.TableOUMCopy),
		buildMulticast(have, want),
		nil,
		DropMulticast(have, want),
		dropEntries(have, want, p4src.TableOUMCopy),
	}
	const middle = 2 // entries that name multicast groups, or name nothing
	for _, table := range []uint32{p4src.TablePortRole, p4src.TableIPv4LPM, p4src.TableARPGateway, p4src.TableOUMGroup} {
		all[middle] = append(all[middle], buildEntries(have, want, table)...)
		all[middle] = append(all[middle], dropEntries(have, want, table)...)
	}
	return slices.DeleteFunc(all, func(batch []Change) bool { return len(batch) == 0 })
}

func buildEntries(have, want *State, table uint32) (changes []Change) {
	for _, key := range want.keys(table) {
		switch got, there := have.Entries[key]; {
		case !there:
			changes = append(changes, Change{Kind: Insert, Key: key, Action: want.Entries[key]})
		case got != want.Entries[key]:
			changes = append(changes, Change{Kind: Modify, Key: key, Action: want.Entries[key]})
		}
	}
	return changes
}

func dropEntries(have, want *State, table uint32) (changes []Change) {
	for _, key := range have.keys(table) {
		if _, kept := want.Entries[key]; !kept {
			changes = append(changes, Change{Kind: Delete, Key: key})
		}
	}
	return changes
}

func buildMulticast(have, want *State) (changes []Change) {
	for _, id := range slices.Sorted(maps.Keys(want.Multicast)) {
		switch got, there := have.Multicast[id]; {
		case !there:
			changes = append(changes, Change{Kind: Insert, Group: id, Copies: want.Multicast[id]})
		case !slices.Equal(got, want.Multicast[id]):
			changes = append(changes, Change{Kind: Modify, Group: id, Copies: want.Multicast[id]})
		}
	}
	return changes
}

// DropMulticast returns the changes that delete the multicast groups of have that want lacks.
func DropMulticast(have, want *State) (changes []Change) {
	for _, id := range slices.Sorted(maps.Keys(have.Multicast)) {
		if _, kept := want.Multicast[id]; !kept {
			changes = append(changes, Change{Kind: Delete, Group: id})
		}
	}
	return changes
}
