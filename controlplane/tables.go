package controlplane

import (
	"cmp"
	"maps"
	"slices"

	"github.com/netordered/nopaxos/p4src"
)

// tables is what a target has installed, or shall have.
type tables struct {
	entries map[tableKey]tableAction
	mcast   map[uint16][]copyRef // by multicast group; in order
}

// tableKey is the key of a table entry. No table of ours has more than two match fields.
type tableKey struct {
	table  uint32
	match  uint64
	second uint64 // oum_group: the SEQUENCED bit; ipv4_lpm: the prefix length
}

// tableAction is what an entry does: the parameters are in the order of their ids, which start at 1.
type tableAction struct {
	id     uint32
	params [4]uint64
}

// copyRef is one copy of a multicast group: the egress port, and the key of its entry in oum_copy.
type copyRef struct {
	port uint16
	rid  uint16
}

func compareRefs(a, b copyRef) int {
	return cmp.Or(cmp.Compare(a.port, b.port), cmp.Compare(a.rid, b.rid))
}

func newTables() *tables {
	return &tables{entries: make(map[tableKey]tableAction), mcast: make(map[uint16][]copyRef)}
}

// change is one write to a target.
type change struct {
	kind changeKind
	key  tableKey // of a table entry, if table is not 0
	act  tableAction
	id   uint16 // of a multicast group otherwise
	refs []copyRef
}

type changeKind uint8

const (
	changeInsert changeKind = iota + 1
	changeModify
	changeDelete
)

// difference returns the changes that turn have into want, in batches: what one of them names is there when
// the batch before is installed. A target may take the changes of a batch in any order (P4Runtime 1.3 §12.2), and
// at no point does an entry name a multicast group, nor a multicast group a copy, that is not there.
func difference(have, want *tables) [][]change {
	all := [][]change{
		buildEntries(have, want, p4src.TableOUMCopy),
		buildMulticast(have, want),
		nil,
		dropMulticast(have, want),
		dropEntries(have, want, p4src.TableOUMCopy),
	}
	const middle = 2 // what names multicast groups, or names nothing
	for _, table := range []uint32{p4src.TablePortRole, p4src.TableIPv4LPM, p4src.TableARPGateway, p4src.TableOUMGroup} {
		all[middle] = append(all[middle], buildEntries(have, want, table)...)
		all[middle] = append(all[middle], dropEntries(have, want, table)...)
	}
	return slices.DeleteFunc(all, func(batch []change) bool { return len(batch) == 0 })
}

func buildEntries(have, want *tables, table uint32) (changes []change) {
	for _, key := range want.keys(table) {
		switch got, there := have.entries[key]; {
		case !there:
			changes = append(changes, change{kind: changeInsert, key: key, act: want.entries[key]})
		case got != want.entries[key]:
			changes = append(changes, change{kind: changeModify, key: key, act: want.entries[key]})
		}
	}
	return changes
}

func dropEntries(have, want *tables, table uint32) (changes []change) {
	for _, key := range have.keys(table) {
		if _, wanted := want.entries[key]; !wanted {
			changes = append(changes, change{kind: changeDelete, key: key})
		}
	}
	return changes
}

func buildMulticast(have, want *tables) (changes []change) {
	for _, id := range slices.Sorted(maps.Keys(want.mcast)) {
		switch got, there := have.mcast[id]; {
		case !there:
			changes = append(changes, change{kind: changeInsert, id: id, refs: want.mcast[id]})
		case !slices.Equal(got, want.mcast[id]):
			changes = append(changes, change{kind: changeModify, id: id, refs: want.mcast[id]})
		}
	}
	return changes
}

func dropMulticast(have, want *tables) (changes []change) {
	for _, id := range slices.Sorted(maps.Keys(have.mcast)) {
		if _, wanted := want.mcast[id]; !wanted {
			changes = append(changes, change{kind: changeDelete, id: id})
		}
	}
	return changes
}

// apply does what a target does with a change that it accepts.
func (t *tables) apply(c change) {
	switch {
	case c.key.table != 0 && c.kind == changeDelete:
		delete(t.entries, c.key)
	case c.key.table != 0:
		t.entries[c.key] = c.act
	case c.kind == changeDelete:
		delete(t.mcast, c.id)
	default:
		t.mcast[c.id] = c.refs
	}
}

func (t *tables) clone() *tables {
	return &tables{entries: maps.Clone(t.entries), mcast: maps.Clone(t.mcast)}
}

// keys returns the keys of a table's entries, in order.
func (t *tables) keys(table uint32) []tableKey {
	var keys []tableKey
	for k := range t.entries {
		if k.table == table {
			keys = append(keys, k)
		}
	}
	slices.SortFunc(keys, func(a, b tableKey) int {
		return cmp.Or(cmp.Compare(a.match, b.match), cmp.Compare(a.second, b.second))
	})
	return keys
}
