package packettest

import (
	"encoding/binary"
	"net/netip"

	p4v1 "github.com/p4lang/p4runtime/go/p4/v1"

	"github.com/netordered/nopaxos/p4src"
)

func exact(field uint32, v uint64) *p4v1.FieldMatch {
	return &p4v1.FieldMatch{
		FieldId:        field,
		FieldMatchType: &p4v1.FieldMatch_Exact_{Exact: &p4v1.FieldMatch_Exact{Value: p4src.FormatBits(v)}},
	}
}

// action builds an action whose parameter with id i has the value params[i-1].
func action(id uint32, params ...uint64) *p4v1.TableAction {
	a := &p4v1.Action{ActionId: id}
	for i, v := range params {
		a.Params = append(a.Params, &p4v1.Action_Param{ParamId: uint32(i + 1), Value: p4src.FormatBits(v)})
	}
	return &p4v1.TableAction{Type: &p4v1.TableAction_Action{Action: a}}
}

func number(a netip.Addr) uint64 {
	b := a.As4()
	return uint64(binary.BigEndian.Uint32(b[:]))
}

// groupKey is the key of a group in oum_group, for unstamped or for stamped packets.
func groupKey(group netip.Addr, stamped bool) *p4v1.TableEntry {
	sequenced := uint64(0)
	if stamped {
		sequenced = 1
	}
	return &p4v1.TableEntry{TableId: p4src.TableOUMGroup, Match: []*p4v1.FieldMatch{
		exact(p4src.FieldOUMGroupIPv4Dst, number(group)),
		exact(p4src.FieldOUMGroupSequenced, sequenced),
	}}
}

// withAction returns e with an action.
func withAction(e *p4v1.TableEntry, a *p4v1.TableAction) *p4v1.Entity {
	e.Action = a
	return tableEntity(e)
}

// sequenceEntry makes the target stamp a group's packets.
func sequenceEntry(group netip.Addr, cell uint16, session uint32, token uint64, multicast uint16) *p4v1.Entity {
	return withAction(groupKey(group, false),
		action(p4src.ActionSequence, uint64(cell), uint64(session), token, uint64(multicast)))
}

// toSequencerEntry makes the target forward a group's unstamped packets.
func toSequencerEntry(group netip.Addr, port int, dmac, smac MAC) *p4v1.Entity {
	return withAction(groupKey(group, false),
		action(p4src.ActionToSequencer, uint64(port), dmac.bits(), smac.bits()))
}

// replicateEntry makes the target replicate a group's stamped packets.
func replicateEntry(group netip.Addr, multicast uint16) *p4v1.Entity {
	return withAction(groupKey(group, true), action(p4src.ActionReplicate, uint64(multicast)))
}

// dropEntry makes the target drop a group's packets.
func dropEntry(group netip.Addr, stamped bool) *p4v1.Entity {
	return withAction(groupKey(group, stamped), action(p4src.ActionGroupDrop))
}

func copyKey(rid uint16) *p4v1.TableEntry {
	return &p4v1.TableEntry{TableId: p4src.TableOUMCopy, Match: []*p4v1.FieldMatch{
		exact(p4src.FieldOUMCopyEgressRID, uint64(rid)),
	}}
}

// deliverEntry addresses a copy to a replica.
func deliverEntry(rid uint16, dmac, smac MAC, to netip.AddrPort) *p4v1.Entity {
	return withAction(copyKey(rid),
		action(p4src.ActionDeliver, dmac.bits(), smac.bits(), number(to.Addr()), uint64(to.Port())))
}

// relayEntry forwards a copy to the next switch.
func relayEntry(rid uint16, dmac, smac MAC) *p4v1.Entity {
	return withAction(copyKey(rid), action(p4src.ActionRelay, dmac.bits(), smac.bits()))
}

func routeKey(prefix netip.Prefix) *p4v1.TableEntry {
	return &p4v1.TableEntry{TableId: p4src.TableIPv4LPM, Match: []*p4v1.FieldMatch{{
		FieldId: p4src.FieldIPv4LPMIPv4Dst,
		FieldMatchType: &p4v1.FieldMatch_Lpm{Lpm: &p4v1.FieldMatch_LPM{
			Value: p4src.FormatBits(number(prefix.Masked().Addr())), PrefixLen: int32(prefix.Bits()),
		}},
	}}}
}

// routeEntry forwards ordinary traffic.
func routeEntry(prefix netip.Prefix, port int, dmac, smac MAC) *p4v1.Entity {
	return withAction(routeKey(prefix), action(p4src.ActionForward, uint64(port), dmac.bits(), smac.bits()))
}

// blackholeEntry drops ordinary traffic.
func blackholeEntry(prefix netip.Prefix) *p4v1.Entity {
	return withAction(routeKey(prefix), action(p4src.ActionOUMDrop))
}

// fabricEntry marks a port that leads to another switch.
func fabricEntry(port int) *p4v1.Entity {
	return withAction(&p4v1.TableEntry{TableId: p4src.TablePortRole, Match: []*p4v1.FieldMatch{
		exact(p4src.FieldPortRoleIngressPort, uint64(port)),
	}}, action(p4src.ActionFabric))
}

// gatewayEntry makes the target answer ARP requests for its own address.
func gatewayEntry(gateway netip.Addr, mac MAC) *p4v1.Entity {
	return withAction(&p4v1.TableEntry{TableId: p4src.TableARPGateway, Match: []*p4v1.FieldMatch{
		exact(p4src.FieldARPGatewayTargetIP, number(gateway)),
	}}, action(p4src.ActionARPReply, mac.bits()))
}

// member is one copy of a multicast group.
type member struct {
	port int
	rid  uint16
}

// multicastEntry defines a group of the packet replication engine.
func multicastEntry(id uint16, members ...member) *p4v1.Entity {
	group := &p4v1.MulticastGroupEntry{MulticastGroupId: uint32(id)}
	for _, m := range members {
		group.Replicas = append(group.Replicas, &p4v1.Replica{EgressPort: uint32(m.port), Instance: uint32(m.rid)})
	}
	return multicastEntity(group)
}

func multicastEntity(group *p4v1.MulticastGroupEntry) *p4v1.Entity {
	return &p4v1.Entity{Entity: &p4v1.Entity_PacketReplicationEngineEntry{
		PacketReplicationEngineEntry: &p4v1.PacketReplicationEngineEntry{
			Type: &p4v1.PacketReplicationEngineEntry_MulticastGroupEntry{MulticastGroupEntry: group},
		},
	}}
}

func tableEntity(e *p4v1.TableEntry) *p4v1.Entity {
	return &p4v1.Entity{Entity: &p4v1.Entity_TableEntry{TableEntry: e}}
}

func counterEntity(e *p4v1.TableEntry) *p4v1.Entity {
	return &p4v1.Entity{Entity: &p4v1.Entity_DirectCounterEntry{
		DirectCounterEntry: &p4v1.DirectCounterEntry{TableEntry: e},
	}}
}

func updates(kind p4v1.Update_Type, entities []*p4v1.Entity) []*p4v1.Update {
	list := make([]*p4v1.Update, 0, len(entities))
	for _, e := range entities {
		list = append(list, &p4v1.Update{Type: kind, Entity: e})
	}
	return list
}

// inserts, modifies and deletes return the updates of a Write request.
func inserts(entities ...*p4v1.Entity) []*p4v1.Update  { return updates(p4v1.Update_INSERT, entities) }
func modifies(entities ...*p4v1.Entity) []*p4v1.Update { return updates(p4v1.Update_MODIFY, entities) }
func deletes(entities ...*p4v1.Entity) []*p4v1.Update  { return updates(p4v1.Update_DELETE, entities) }
