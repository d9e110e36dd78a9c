package controlplane

import (
	"slices"

	p4v1 "github.com/p4lang/p4runtime/go/p4/v1"

	"github.com/netordered/nopaxos/p4src"
)

// foreign is what stands for an action that is none of ours.
const foreign = 1<<32 - 1

// value reads a number that a target returned; leading zero bytes may be there. What no field of
// ours can hold becomes a number that none of ours equals.
func value(b []byte) uint64 {
	v, err := p4src.ParseBits(b, 64)
	if err != nil && len(b) != 0 {
		return 1<<64 - 1
	}
	return v
}

func exact(field uint32, v uint64) *p4v1.FieldMatch {
	return &p4v1.FieldMatch{
		FieldId:        field,
		FieldMatchType: &p4v1.FieldMatch_Exact_{Exact: &p4v1.FieldMatch_Exact{Value: p4src.FormatBits(v)}},
	}
}

// match returns the match fields of an entry. The first field of each of our tables has id 1, and the
// second one id 2.
func (k tableKey) fields() []*p4v1.FieldMatch {
	switch k.table {
	case p4src.TableOUMGroup:
		return []*p4v1.FieldMatch{exact(p4src.FieldOUMGroupIPv4Dst, k.match), exact(p4src.FieldOUMGroupSequenced, k.second)}
	case p4src.TableIPv4LPM:
		if k.second == 0 {
			return nil // matches everything, which P4Runtime writes by leaving the field out
		}
		return []*p4v1.FieldMatch{{
			FieldId: p4src.FieldIPv4LPMIPv4Dst,
			FieldMatchType: &p4v1.FieldMatch_Lpm{Lpm: &p4v1.FieldMatch_LPM{
				Value: p4src.FormatBits(k.match), PrefixLen: int32(k.second),
			}},
		}}
	}
	return []*p4v1.FieldMatch{exact(1, k.match)}
}

// entry returns a table entry; without an action, as for a DELETE, if act is zero.
func (k tableKey) entry(act tableAction) *p4v1.TableEntry {
	e := &p4v1.TableEntry{TableId: k.table, Match: k.fields()}
	if act.id == 0 {
		return e
	}
	a := &p4v1.Action{ActionId: act.id}
	for i := range actionParams[act.id] {
		a.Params = append(a.Params, &p4v1.Action_Param{ParamId: uint32(i + 1), Value: p4src.FormatBits(act.params[i])})
	}
	e.Action = &p4v1.TableAction{Type: &p4v1.TableAction_Action{Action: a}}
	return e
}

// actionParams is how many parameters our actions have.
var actionParams = map[uint32]int{
	p4src.ActionForward:     3,
	p4src.ActionSequence:    4,
	p4src.ActionToSequencer: 3,
	p4src.ActionReplicate:   1,
	p4src.ActionOUMDrop:     0,
	p4src.ActionGroupDrop:   0,
	p4src.ActionDeliver:     4,
	p4src.ActionRelay:       2,
	p4src.ActionFabric:      0,
	p4src.ActionARPReply:    1,
}

// readKey returns the key of an entry that a target returned.
func readKey(e *p4v1.TableEntry) tableKey {
	k := tableKey{table: e.GetTableId()}
	for _, m := range e.GetMatch() {
		switch {
		case m.GetLpm() != nil:
			k.match, k.second = value(m.GetLpm().GetValue()), uint64(m.GetLpm().GetPrefixLen())
		case m.GetFieldId() == 1:
			k.match = value(m.GetExact().GetValue())
		default:
			k.second = value(m.GetExact().GetValue())
		}
	}
	return k
}

// readAction returns the action of an entry, whatever the order and the padding of its parameters.
func readAction(e *p4v1.TableEntry) tableAction {
	a := e.GetAction().GetAction()
	act := tableAction{id: a.GetActionId()}
	n, ours := actionParams[act.id]
	if !ours || len(a.GetParams()) != n {
		return tableAction{id: foreign}
	}
	for _, p := range a.GetParams() {
		if p.GetParamId() < 1 || int(p.GetParamId()) > n {
			return tableAction{id: foreign}
		}
		act.params[p.GetParamId()-1] = value(p.GetValue())
	}
	return act
}

// readTables arranges what was read from a target.
func readTables(entities []*p4v1.Entity) *tables {
	t := newTables()
	for _, entity := range entities {
		if m := entity.GetPacketReplicationEngineEntry().GetMulticastGroupEntry(); m != nil {
			t.mcast[uint16(m.GetMulticastGroupId())] = readRefs(m)
			continue
		}
		if e := entity.GetTableEntry(); e != nil && !e.GetIsDefaultAction() {
			t.entries[readKey(e)] = readAction(e)
		}
	}
	return t
}

// readRefs returns the copies of a multicast group. One that is none of ours makes the list unlike any of
// ours.
func readRefs(m *p4v1.MulticastGroupEntry) []copyRef {
	refs := []copyRef{}
	for _, r := range m.GetReplicas() {
		ref := copyRef{port: uint16(r.GetEgressPort()), rid: uint16(r.GetInstance())}
		if r.GetEgressPort() > 0xFFFF || r.GetInstance() > 0xFFFF {
			ref = copyRef{}
		}
		refs = append(refs, ref)
	}
	slices.SortFunc(refs, compareRefs)
	return refs
}

// update returns a change as P4Runtime writes it.
func (c change) update() *p4v1.Update {
	u := &p4v1.Update{Type: map[changeKind]p4v1.Update_Type{
		changeInsert: p4v1.Update_INSERT, changeModify: p4v1.Update_MODIFY, changeDelete: p4v1.Update_DELETE,
	}[c.kind]}
	if c.key.table != 0 {
		u.Entity = tableEntity(c.key.entry(c.act))
		return u
	}
	e := &p4v1.MulticastGroupEntry{MulticastGroupId: uint32(c.id)}
	for _, r := range c.refs {
		e.Replicas = append(e.Replicas, &p4v1.Replica{EgressPort: uint32(r.port), Instance: uint32(r.rid)})
	}
	u.Entity = multicastEntity(e)
	return u
}

func tableEntity(e *p4v1.TableEntry) *p4v1.Entity {
	return &p4v1.Entity{Entity: &p4v1.Entity_TableEntry{TableEntry: e}}
}

func multicastEntity(e *p4v1.MulticastGroupEntry) *p4v1.Entity {
	return &p4v1.Entity{Entity: &p4v1.Entity_PacketReplicationEngineEntry{
		PacketReplicationEngineEntry: &p4v1.PacketReplicationEngineEntry{
			Type: &p4v1.PacketReplicationEngineEntry_MulticastGroupEntry{MulticastGroupEntry: e},
		},
	}}
}
