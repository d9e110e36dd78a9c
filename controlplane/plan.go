package controlplane

import (
	"cmp"
	"encoding/binary"
	"slices"

	p4v1 "github.com/p4lang/p4runtime/go/p4/v1"

	"github.com/netordered/nopaxos/oumlib"
	"github.com/netordered/nopaxos/p4src"
)

// endHostPort is the egress port of every copy. A sequencer at an end host sends through its
// host's routing: neither the port nor the MAC addresses of a copy, which are 0, mean anything
// there.
const endHostPort = 1

// plan is what every sequencer of the configuration shall have installed, the sequence entries
// apart. It never changes.
type plan struct {
	tokenKey []byte
	groups   map[uint32]*groupPlan
	copies   map[uint16]copyPlan // by egress_rid
	mcast    map[uint32][]uint16 // multicast group → the copies' egress_rids, in order
}

// groupPlan is the part of a group's sequence entry that does not depend on the session.
type groupPlan struct {
	index uint16 // register cell
	mcast uint16
}

// copyPlan is where one copy goes.
type copyPlan struct {
	ip      uint32
	udpPort uint16
}

// compile makes the plan. index gives every group its register cell, from which the numbers of
// its multicast group and of its copies follow: they change neither with the order of the groups
// in the configuration nor with those that come and go beside it.
func compile(groups []Group, tokenKey []byte, index func(group uint32) (uint16, error)) (*plan, error) {
	p := &plan{
		tokenKey: tokenKey,
		groups:   make(map[uint32]*groupPlan),
		copies:   make(map[uint16]copyPlan),
		mcast:    make(map[uint32][]uint16),
	}
	for _, g := range groups {
		cell, err := index(g.Number)
		if err != nil {
			return nil, err
		}
		gp := &groupPlan{index: cell, mcast: cell + 1}
		p.groups[g.Number] = gp
		for i, r := range g.Replicas {
			rid := cell*copiesPerGroup + uint16(i) + 1
			ip := r.Addr.Addr().As4()
			p.copies[rid] = copyPlan{ip: binary.BigEndian.Uint32(ip[:]), udpPort: r.Addr.Port()}
			p.mcast[uint32(gp.mcast)] = append(p.mcast[uint32(gp.mcast)], rid)
		}
	}
	return p, nil
}

// sequenceEntry is the table entry of (group, session).
func (p *plan) sequenceEntry(group, session uint32) *p4v1.TableEntry {
	gp := p.groups[group]
	return &p4v1.TableEntry{
		TableId: p4src.TableOUMGroup,
		Match: []*p4v1.FieldMatch{
			exact(p4src.FieldOUMGroupIPv4Dst, uint64(group)),
			exact(p4src.FieldOUMGroupSequenced, 0),
		},
		Action: action(p4src.ActionSequence,
			param(p4src.ParamSequenceGroupIndex, uint64(gp.index)),
			param(p4src.ParamSequenceSession, uint64(session)),
			param(p4src.ParamSequenceToken, oumlib.SessionToken(p.tokenKey, group, session)),
			param(p4src.ParamSequenceMcastGrp, uint64(gp.mcast)),
		),
	}
}

// oumGroupKey returns the match of an entry of oum_group that a target returned.
func oumGroupKey(e *p4v1.TableEntry) (group uint32, sequenced bool) {
	return uint32(matchValue(e, p4src.FieldOUMGroupIPv4Dst)), matchValue(e, p4src.FieldOUMGroupSequenced) != 0
}

// readSequence interprets an entry of oum_group. ok is false when it is no sequence entry of a
// planned group.
func (p *plan) readSequence(e *p4v1.TableEntry) (found SequenceEntry, ok bool) {
	group, sequenced := oumGroupKey(e)
	gp := p.groups[group]
	if gp == nil || sequenced || e.GetAction().GetAction().GetActionId() != p4src.ActionSequence {
		return SequenceEntry{}, false
	}
	session := uint32(paramValue(e, p4src.ParamSequenceSession))
	if session == 0 {
		return SequenceEntry{}, false
	}
	return SequenceEntry{
		Group:   group,
		Session: session,
		Intact: paramValue(e, p4src.ParamSequenceGroupIndex) == uint64(gp.index) &&
			paramValue(e, p4src.ParamSequenceMcastGrp) == uint64(gp.mcast) &&
			paramValue(e, p4src.ParamSequenceToken) == oumlib.SessionToken(p.tokenKey, group, session),
	}, true
}

// installed is what a target has beside the sequence entries of planned groups.
type installed struct {
	copies  map[uint16]*p4v1.TableEntry
	mcast   map[uint32]*p4v1.MulticastGroupEntry
	foreign []*p4v1.TableEntry // what else is in oum_group
}

// difference returns the writes that bring have to the plan, in an order in which no multicast
// group ever names a copy that is not there.
func (p *plan) difference(have installed) []*p4v1.Update {
	var updates []*p4v1.Update
	for _, e := range have.foreign {
		updates = append(updates, tableUpdate(p4v1.Update_DELETE, &p4v1.TableEntry{TableId: e.GetTableId(), Match: e.GetMatch()}))
	}
	for _, rid := range sortedKeys(p.copies) {
		want, got := copyEntry(rid, p.copies[rid]), have.copies[rid]
		switch {
		case got == nil:
			updates = append(updates, tableUpdate(p4v1.Update_INSERT, want))
		case !sameAction(want, got):
			updates = append(updates, tableUpdate(p4v1.Update_MODIFY, want))
		}
	}
	for _, id := range sortedKeys(p.mcast) {
		got, there := have.mcast[id]
		switch {
		case !there:
			updates = append(updates, multicastUpdate(p4v1.Update_INSERT, id, p.mcast[id]))
		case !sameCopies(got, p.mcast[id]):
			updates = append(updates, multicastUpdate(p4v1.Update_MODIFY, id, p.mcast[id]))
		}
	}
	for _, id := range sortedKeys(have.mcast) {
		if _, planned := p.mcast[id]; !planned {
			updates = append(updates, multicastUpdate(p4v1.Update_DELETE, id, nil))
		}
	}
	for _, rid := range sortedKeys(have.copies) {
		if _, planned := p.copies[rid]; !planned {
			e := have.copies[rid]
			updates = append(updates, tableUpdate(p4v1.Update_DELETE, &p4v1.TableEntry{TableId: e.GetTableId(), Match: e.GetMatch()}))
		}
	}
	return updates
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
