package sequencer

import (
	p4configv1 "github.com/p4lang/p4runtime/go/p4/config/v1"
	p4v1 "github.com/p4lang/p4runtime/go/p4/v1"

	"github.com/netordered/nopaxos/p4src"
)

// encodeKey returns a table entry with the key in canonical form.
func (t *table) encodeKey(k Key) *p4v1.TableEntry {
	e := &p4v1.TableEntry{TableId: t.id, IsDefaultAction: k.Default}
	if k.Default {
		return e
	}
	for i, f := range t.fields {
		m := &p4v1.FieldMatch{FieldId: f.GetId()}
		value := p4src.FormatBits(k.Fields[i])
		switch f.GetMatchType() {
		case p4configv1.MatchField_EXACT:
			m.FieldMatchType = &p4v1.FieldMatch_Exact_{Exact: &p4v1.FieldMatch_Exact{Value: value}}
		case p4configv1.MatchField_LPM:
			if k.PrefixLen == 0 {
				continue // a don't-care match is omitted
			}
			m.FieldMatchType = &p4v1.FieldMatch_Lpm{
				Lpm: &p4v1.FieldMatch_LPM{Value: value, PrefixLen: int32(k.PrefixLen)},
			}
		}
		e.Match = append(e.Match, m)
	}
	return e
}

// encodeAction returns the action in canonical form.
func (c *contract) encodeAction(a Action) *p4v1.TableAction {
	msg := &p4v1.Action{ActionId: a.ID}
	for i, p := range c.actions[a.ID].params {
		msg.Params = append(msg.Params, &p4v1.Action_Param{ParamId: p.GetId(), Value: p4src.FormatBits(a.Params[i])})
	}
	return &p4v1.TableAction{Type: &p4v1.TableAction_Action{Action: msg}}
}

func encodeCounter(c Counter) *p4v1.CounterData {
	return &p4v1.CounterData{PacketCount: int64(c.Packets), ByteCount: int64(c.Bytes)}
}

func decodeCounter(d *p4v1.CounterData) Counter {
	return Counter{Packets: uint64(d.GetPacketCount()), Bytes: uint64(d.GetByteCount())}
}

func encodeMulticast(id uint16, replicas []Replica) *p4v1.Entity {
	msg := &p4v1.MulticastGroupEntry{MulticastGroupId: uint32(id)}
	for _, r := range replicas {
		msg.Replicas = append(msg.Replicas, &p4v1.Replica{EgressPort: r.EgressPort, Instance: uint32(r.Instance)})
	}
	return &p4v1.Entity{Entity: &p4v1.Entity_PacketReplicationEngineEntry{
		PacketReplicationEngineEntry: &p4v1.PacketReplicationEngineEntry{
			Type: &p4v1.PacketReplicationEngineEntry_MulticastGroupEntry{MulticastGroupEntry: msg},
		},
	}}
}

func encodePacketIn(port uint16, payload []byte) *p4v1.StreamMessageResponse {
	return &p4v1.StreamMessageResponse{Update: &p4v1.StreamMessageResponse_Packet{Packet: &p4v1.PacketIn{
		Payload: payload,
		Metadata: []*p4v1.PacketMetadata{{
			MetadataId: p4src.MetadataPacketInIngressPort,
			Value:      p4src.FormatBits(uint64(port)),
		}},
	}}}
}
