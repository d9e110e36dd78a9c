package p4runtime

import (
	"slices"

	p4v1 "github.com/p4lang/p4runtime/go/p4/v1"

	"github.com/netordered/nopaxos/controlplane/tables"
	"github.com/netordered/nopaxos/p4src"
)

// foreign stands for an action that is none of ours.
const foreign = 1<<32 - 1

// value reads a number that a target returned, perhaps with leading zero bytes. A number too large for any field of
// ours becomes one that none of ours equals.
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

// matchFields returns the match fields of an entry. The first field of each of our tables has id 1, and the second one
// id 2.
func matchFields(k tables.Key) []*p4v1.FieldMatch {
	switch k.Table {
	case p4src.TableOUMGroup:
		return []*p4v1.FieldMatch{exact(p4src.FieldOUMGroupIPv4Dst, k.Match), exact(p4src.FieldOUMGroupSequenced, k.Second)}
	case p4src.TableIPv4LPM:
		if k.Second == 0 {
			return nil // matches everything, which P4Runtime writes by leaving the field out
		}
		return []*p4v1.FieldMatch{{
			FieldId: p4src.FieldIPv4LPMIPv4Dst,
			FieldMatchType: &p4v1.FieldMatch_Lpm{Lpm: &p4v1.FieldMatch_LPM{
				Value: p4src.FormatBits(k.Match), PrefixLen: int32(k.Second),
			}},
		}}
	}
	return []*p4v1.FieldMatch{exact(1, k.Match)}
}

// tableEntry returns a table entry; without an action, as for a DELETE, if act is zero.
func tableEntry(k tables.Key, act tables.Action) *p4v1.TableEntry {
	e := &p4v1.TableEntry{TableId: k.Table, Match: matchFields(k)}
	if act.ID == 0 {
		return e
	}
	a := &p4v1.Action{ActionId: act.ID}
	for i := range actionParams[act.ID] {
		a.Params = append(a.Params, &p4v1.Action_Param{ParamId: uint32(i + 1), Value: p4src.FormatBits(act.Params[i])})
	}
	e.Action = &p4v1.TableAction{Type: &p4v1.TableAction_Action{Action: a}}
	return e
}

// actionParams is the number of parameters of each of our actions.
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

// decodeKey returns the key of an entry that a target returned.
func decodeKey(e *p4v1.TableEntry) tables.Key {
	k := tables.Key{Table: e.GetTableId()}
	for _, m := range e.GetMatch() {
		switch {
		case m.GetLpm() != nil:
			k.Match, k.Second = value(m.GetLpm().GetValue()), uint64(m.GetLpm().GetPrefixLen())
		case m.GetFieldId() == 1:
			k.Match = value(m.GetExact().GetValue())
		default:
			k.Second = value(m.GetExact().GetValue())
		}
	}
	return k
}

// decodeAction returns the action of an entry, in any order and with any padding of its parameters.
func decodeAction(e *p4v1.TableEntry) tables.Action {
	a := e.GetAction().GetAction()
	act := tables.Action{ID: a.GetActionId()}
	n, ours := actionParams[act.ID]
	if !ours || len(a.GetParams()) != n {
		return tables.Action{ID: foreign}
	}
	for _, p := range a.GetParams() {
		if p.GetParamId() < 1 || int(p.GetParamId()) > n {
			return tables.Action{ID: foreign}
		}
		act.Params[p.GetParamId()-1] = value(p.GetValue())
	}
	return act
}

// decode returns the tables that were read from a target.
func decode(entities []*p4v1.Entity) *tables.State {
	s := tables.New()
	for _, entity := range entities {
		if m := entity.GetPacketReplicationEngineEntry().GetMulticastGroupEntry(); m != nil {
			s.Multicast[uint16(m.GetMulticastGroupId())] = decodeCopies(m)
			continue
		}
		if e := entity.GetTableEntry(); e != nil && !e.GetIsDefaultAction() {
			s.Entries[decodeKey(e)] = decodeAction(e)
		}
	}
	return s
}

// decodeCopies returns the copies of a multicast group. A foreign one makes the list unlike any of ours.
func decodeCopies(m *p4v1.MulticastGroupEntry) []tables.Copy {
	copies := []tables.Copy{}
	for _, r := range m.GetReplicas() {
		c := tables.Copy{Port: uint16(r.GetEgressPort()), RID: uint16(r.GetInstance())}
		if r.GetEgressPort() > 0xFFFF || r.GetInstance() > 0xFFFF {
			c = tables.Copy{}
		}
		copies = append(copies, c)
	}
	slices.SortFunc(copies, tables.CompareCopies)
	return copies
}

// update returns a change as P4Runtime writes it.
func update(c tables.Change) *p4v1.Update {
	u := &p4v1.Update{Type: map[tables.ChangeKind]p4v1.Update_Type{
		tables.Insert: p4v1.Update_INSERT, tables.Modify: p4v1.Update_MODIFY, tables.Delete: p4v1.Update_DELETE,
	}[c.Kind]}
	if c.Key.Table != 0 {
		u.Entity = tableEntity(tableEntry(c.Key, c.Action))
		return u
	}
	e := &p4v1.MulticastGroupEntry{MulticastGroupId: uint32(c.Group)}
	for _, r := range c.Copies {
		e.Replicas = append(e.Replicas, &p4v1.Replica{EgressPort: uint32(r.Port), Instance: uint32(r.RID)})
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
