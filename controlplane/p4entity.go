package controlplane

import (
	"slices"

	p4v1 "github.com/p4lang/p4runtime/go/p4/v1"

	"github.com/netordered/nopaxos/p4src"
)

// value reads a number that a target returned; leading zero bytes may be there. What no field of
// ours can hold becomes a number that none of ours equals.
func value(b []byte) uint64 {
	v, err := p4src.ParseBits(b, 64)
	if err != nil {
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

func param(id uint32, v uint64) *p4v1.Action_Param {
	return &p4v1.Action_Param{ParamId: id, Value: p4src.FormatBits(v)}
}

func action(id uint32, params ...*p4v1.Action_Param) *p4v1.TableAction {
	return &p4v1.TableAction{Type: &p4v1.TableAction_Action{Action: &p4v1.Action{ActionId: id, Params: params}}}
}

// matchValue returns the value of an exact match field; 0 if it is not there.
func matchValue(e *p4v1.TableEntry, field uint32) uint64 {
	for _, m := range e.GetMatch() {
		if m.GetFieldId() == field {
			return value(m.GetExact().GetValue())
		}
	}
	return 0
}

// paramValue returns the value of an action parameter; 0 if it is not there.
func paramValue(e *p4v1.TableEntry, id uint32) uint64 {
	for _, p := range e.GetAction().GetAction().GetParams() {
		if p.GetParamId() == id {
			return value(p.GetValue())
		}
	}
	return 0
}

func copyEntry(rid uint16, c copyPlan) *p4v1.TableEntry {
	return &p4v1.TableEntry{
		TableId: p4src.TableOUMCopy,
		Match:   []*p4v1.FieldMatch{exact(p4src.FieldOUMCopyEgressRID, uint64(rid))},
		Action: action(p4src.ActionDeliver,
			param(p4src.ParamDeliverDMAC, 0),
			param(p4src.ParamDeliverSMAC, 0),
			param(p4src.ParamDeliverIP, uint64(c.ip)),
			param(p4src.ParamDeliverUDPPort, uint64(c.udpPort)),
		),
	}
}

// sameAction reports whether got does what want does, whatever the order and the padding in which
// the target returns the parameters.
func sameAction(want, got *p4v1.TableEntry) bool {
	w, g := want.GetAction().GetAction(), got.GetAction().GetAction()
	if w.GetActionId() != g.GetActionId() || len(w.GetParams()) != len(g.GetParams()) {
		return false
	}
	for _, p := range w.GetParams() {
		if paramValue(got, p.GetParamId()) != value(p.GetValue()) {
			return false
		}
	}
	return true
}

func sameCopies(got *p4v1.MulticastGroupEntry, rids []uint16) bool {
	var have []uint16
	for _, r := range got.GetReplicas() {
		if r.GetEgressPort() != endHostPort || r.GetInstance() > 0xFFFF {
			return false
		}
		have = append(have, uint16(r.GetInstance()))
	}
	slices.Sort(have)
	return slices.Equal(have, rids)
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

func tableUpdate(kind p4v1.Update_Type, e *p4v1.TableEntry) *p4v1.Update {
	return &p4v1.Update{Type: kind, Entity: tableEntity(e)}
}

func multicastUpdate(kind p4v1.Update_Type, id uint32, rids []uint16) *p4v1.Update {
	e := &p4v1.MulticastGroupEntry{MulticastGroupId: id}
	for _, rid := range rids {
		e.Replicas = append(e.Replicas, &p4v1.Replica{EgressPort: endHostPort, Instance: uint32(rid)})
	}
	return &p4v1.Update{Type: kind, Entity: multicastEntity(e)}
}
