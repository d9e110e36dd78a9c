package sequencer

import (
	"math/bits"

	p4configv1 "github.com/p4lang/p4runtime/go/p4/config/v1"
	p4v1 "github.com/p4lang/p4runtime/go/p4/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/netordered/nopaxos/p4src"
)

// invalid is the error for a request that contradicts the contract.
func invalid(format string, args ...any) error {
	return status.Errorf(codes.InvalidArgument, format, args...)
}

// table returns the table with an id.
func (c *contract) table(id uint32) (*table, error) {
	t, ok := c.tables[id]
	if !ok {
		return nil, invalid("the pipeline has no table with id %#x", id)
	}
	return t, nil
}

// key decodes the key of an entry.
func (t *table) key(e *p4v1.TableEntry) (Key, error) {
	key := Key{Table: t.id}
	if e.GetPriority() != 0 {
		return Key{}, invalid("table %s: priority is %d, expected 0: the key has no ternary, range or optional field",
			t.name, e.GetPriority())
	}
	if e.GetIsDefaultAction() {
		if len(e.GetMatch()) != 0 {
			return Key{}, invalid("table %s: the default entry has %d match fields, expected none", t.name, len(e.GetMatch()))
		}
		key.Default = true
		return key, nil
	}
	var seen uint64
	for _, m := range e.GetMatch() {
		id := m.GetFieldId()
		if id == 0 || int(id) > len(t.fields) {
			return Key{}, invalid("table %s has no match field with id %d", t.name, id)
		}
		f := t.fields[id-1]
		if seen&(1<<id) != 0 {
			return Key{}, invalid("table %s: match field %s appears twice", t.name, f.GetName())
		}
		seen |= 1 << id
		if err := t.match(&key, f, m); err != nil {
			return Key{}, err
		}
	}
	for _, f := range t.fields {
		if f.GetMatchType() == p4configv1.MatchField_EXACT && seen&(1<<f.GetId()) == 0 {
			return Key{}, invalid("table %s: exact match field %s is missing", t.name, f.GetName())
		}
	}
	return key, nil
}

// match decodes one match field into key.
func (t *table) match(key *Key, f *p4configv1.MatchField, m *p4v1.FieldMatch) error {
	var text []byte
	switch x := m.GetFieldMatchType().(type) {
	case *p4v1.FieldMatch_Exact_:
		if f.GetMatchType() != p4configv1.MatchField_EXACT {
			return invalid("table %s: match field %s is exact, expected %s", t.name, f.GetName(), f.GetMatchType())
		}
		text = x.Exact.GetValue()
	case *p4v1.FieldMatch_Lpm:
		if f.GetMatchType() != p4configv1.MatchField_LPM {
			return invalid("table %s: match field %s is LPM, expected %s", t.name, f.GetName(), f.GetMatchType())
		}
		text = x.Lpm.GetValue()
	default:
		return invalid("table %s: match field %s has match type %T, expected %s", t.name, f.GetName(), x, f.GetMatchType())
	}
	v, err := p4src.ParseBits(text, f.GetBitwidth())
	if err != nil {
		return invalid("table %s: match field %s %v", t.name, f.GetName(), err)
	}
	if lpm := m.GetLpm(); lpm != nil {
		length := lpm.GetPrefixLen()
		switch {
		case length < 1 || length > f.GetBitwidth():
			return invalid("table %s: match field %s has prefix length %d, expected 1 to %d (leave the field out to match everything)",
				t.name, f.GetName(), length, f.GetBitwidth())
		case v != 0 && bits.TrailingZeros64(v) < int(f.GetBitwidth()-length):
			return invalid("table %s: match field %s is %#x/%d, expected 0 in the bits after the prefix",
				t.name, f.GetName(), v, length)
		}
		key.PrefixLen = uint8(length)
	}
	key.Fields[f.GetId()-1] = v
	return nil
}

// action decodes the action of an entry of t.
func (c *contract) action(t *table, isDefault bool, ta *p4v1.TableAction) (Action, error) {
	a := ta.GetAction()
	if a == nil {
		return Action{}, invalid("table %s: the action is of type %T, expected an action of a direct table", t.name, ta.GetType())
	}
	scope, ok := t.scopes[a.GetActionId()]
	info := c.actions[a.GetActionId()]
	switch {
	case info == nil:
		return Action{}, invalid("table %s: the pipeline has no action with id %#x", t.name, a.GetActionId())
	case !ok:
		return Action{}, invalid("table %s has no action %s", t.name, info.name)
	case isDefault && scope == p4configv1.ActionRef_TABLE_ONLY:
		return Action{}, status.Errorf(codes.PermissionDenied, "table %s: action %s is not allowed for the default entry", t.name, info.name)
	case !isDefault && scope == p4configv1.ActionRef_DEFAULT_ONLY:
		return Action{}, status.Errorf(codes.PermissionDenied, "table %s: action %s is allowed only for the default entry", t.name, info.name)
	}
	action := Action{ID: info.id}
	var seen uint64
	for _, p := range a.GetParams() {
		id := p.GetParamId()
		if id == 0 || int(id) > len(info.params) {
			return Action{}, invalid("action %s has no parameter with id %d", info.name, id)
		}
		param := info.params[id-1]
		if seen&(1<<id) != 0 {
			return Action{}, invalid("action %s: parameter %s appears twice", info.name, param.GetName())
		}
		seen |= 1 << id
		v, err := p4src.ParseBits(p.GetValue(), param.GetBitwidth())
		if err != nil {
			return Action{}, invalid("action %s: parameter %s %v", info.name, param.GetName(), err)
		}
		action.Params[id-1] = v
	}
	for _, param := range info.params {
		if seen&(1<<param.GetId()) == 0 {
			return Action{}, invalid("action %s: parameter %s is missing", info.name, param.GetName())
		}
	}
	return action, checkMeaning(action)
}

// checkMeaning rejects parameters that fit their width but have no meaning.
func checkMeaning(a Action) error {
	switch a.ID {
	case p4src.ActionSequence:
		if i := a.Param(p4src.ParamSequenceGroupIndex); i >= p4src.MaxGroups {
			return invalid("action sequence: group_index is %d, expected at most %d", i, p4src.MaxGroups-1)
		}
		if a.Param(p4src.ParamSequenceSession) == 0 {
			return invalid("action sequence: session is 0, expected 1 or more: session 0 has no messages")
		}
		if a.Param(p4src.ParamSequenceMcastGrp) == 0 {
			return invalid("action sequence: mcast_grp is 0, expected the id of a multicast group")
		}
	case p4src.ActionReplicate:
		if a.Param(p4src.ParamReplicateMcastGrp) == 0 {
			return invalid("action replicate: mcast_grp is 0, expected the id of a multicast group")
		}
	case p4src.ActionDeliver:
		if a.Param(p4src.ParamDeliverIP) == 0 || a.Param(p4src.ParamDeliverUDPPort) == 0 {
			return invalid("action deliver: ip is %#x and udp_port is %d, expected neither to be 0",
				a.Param(p4src.ParamDeliverIP), a.Param(p4src.ParamDeliverUDPPort))
		}
	}
	return nil
}

// resources rejects entry fields of features that the table does not have.
func (t *table) resources(e *p4v1.TableEntry) error {
	switch {
	case e.GetIdleTimeoutNs() != 0 || e.GetTimeSinceLastHit() != nil:
		return invalid("table %s has no idle timeout, and the entry sets one", t.name)
	case e.GetMeterConfig() != nil || e.GetMeterCounterData() != nil:
		return invalid("table %s has no meter, and the entry sets one", t.name)
	case e.GetCounterData() != nil && !t.counter:
		return invalid("table %s has no direct counter, and the entry sets counter data", t.name)
	}
	return checkCounter(e.GetCounterData())
}

// checkCounter rejects negative counts.
func checkCounter(d *p4v1.CounterData) error {
	if d.GetByteCount() < 0 || d.GetPacketCount() < 0 {
		return invalid("counter data is %d packets and %d bytes, expected numbers of 0 or more",
			d.GetPacketCount(), d.GetByteCount())
	}
	return nil
}

// maxEgressPort is the highest port number of the contract: ports have 9 bits.
const maxEgressPort = 1<<9 - 1

// replicas decodes the members of a multicast group.
func replicas(e *p4v1.MulticastGroupEntry) ([]Replica, error) {
	list := make([]Replica, 0, len(e.GetReplicas()))
	seen := make(map[Replica]bool, len(e.GetReplicas()))
	for _, r := range e.GetReplicas() {
		if r.GetInstance() > 0xFFFF {
			return nil, invalid("multicast group %d: instance is %d, expected at most 65535", e.GetMulticastGroupId(), r.GetInstance())
		}
		if r.GetEgressPort() > maxEgressPort {
			return nil, invalid("multicast group %d: egress port is %d, expected at most %d", e.GetMulticastGroupId(), r.GetEgressPort(), maxEgressPort)
		}
		x := Replica{EgressPort: r.GetEgressPort(), Instance: uint16(r.GetInstance())}
		if seen[x] {
			return nil, invalid("multicast group %d: egress port %d with instance %d appears twice",
				e.GetMulticastGroupId(), r.GetEgressPort(), r.GetInstance())
		}
		seen[x] = true
		list = append(list, x)
	}
	return list, nil
}

// egressPort decodes the egress port from the metadata of a packet-out.
func (c *contract) egressPort(p *p4v1.PacketOut) (uint16, error) {
	if len(p.GetMetadata()) != len(c.packetOut.GetMetadata()) {
		return 0, invalid("packet-out has %d metadata fields, expected %d", len(p.GetMetadata()), len(c.packetOut.GetMetadata()))
	}
	var port uint16
	for _, m := range p.GetMetadata() {
		if m.GetMetadataId() != p4src.MetadataPacketOutEgressPort {
			return 0, invalid("packet-out: the pipeline has no metadata with id %d", m.GetMetadataId())
		}
		v, err := p4src.ParseBits(m.GetValue(), c.packetOut.GetMetadata()[0].GetBitwidth())
		if err != nil {
			return 0, invalid("packet-out: egress_port %v", err)
		}
		port = uint16(v)
	}
	return port, nil
}
