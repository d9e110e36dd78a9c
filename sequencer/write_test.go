package sequencer_test

import (
	"slices"
	"testing"

	p4v1 "github.com/p4lang/p4runtime/go/p4/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/netordered/nopaxos/p4src"
	"github.com/netordered/nopaxos/sequencer"
)

// with returns e after a change.
func with(e *p4v1.TableEntry, change func(*p4v1.TableEntry)) *p4v1.TableEntry {
	change(e)
	return e
}

// TestWriteErrors checks the canonical error for every violation of the contract.
func TestWriteErrors(t *testing.T) {
	const (
		unknownTable  = 0x02000099
		unknownAction = 0x01000099
	)
	replica := func(port, instance uint32) *p4v1.Replica { return &p4v1.Replica{EgressPort: port, Instance: instance} }
	group := func(change func(*p4v1.TableEntry)) *p4v1.Entity {
		return tableEntity(with(groupEntry(1, sequence(0, 1)), change))
	}
	// The target has group 10.0.0.1, the route 10.0.0.0/8 and multicast group 1.
	tests := []struct {
		name   string
		update *p4v1.Update
		code   codes.Code
	}{
		{"no type", &p4v1.Update{Entity: multicastEntity(2)}, codes.InvalidArgument},
		{"no entity", &p4v1.Update{Type: p4v1.Update_INSERT}, codes.InvalidArgument},
		{"empty entity", insert(&p4v1.Entity{}), codes.InvalidArgument},

		{"register", modify(&p4v1.Entity{Entity: &p4v1.Entity_RegisterEntry{RegisterEntry: &p4v1.RegisterEntry{RegisterId: p4src.RegisterOUMSession}}}), codes.Unimplemented},
		{"counter", modify(&p4v1.Entity{Entity: &p4v1.Entity_CounterEntry{CounterEntry: &p4v1.CounterEntry{}}}), codes.Unimplemented},
		{"meter", modify(&p4v1.Entity{Entity: &p4v1.Entity_MeterEntry{MeterEntry: &p4v1.MeterEntry{}}}), codes.Unimplemented},
		{"digest", insert(&p4v1.Entity{Entity: &p4v1.Entity_DigestEntry{DigestEntry: &p4v1.DigestEntry{}}}), codes.Unimplemented},
		{"action profile", insert(&p4v1.Entity{Entity: &p4v1.Entity_ActionProfileMember{ActionProfileMember: &p4v1.ActionProfileMember{}}}), codes.Unimplemented},
		{"clone session", insert(&p4v1.Entity{Entity: &p4v1.Entity_PacketReplicationEngineEntry{PacketReplicationEngineEntry: &p4v1.PacketReplicationEngineEntry{
			Type: &p4v1.PacketReplicationEngineEntry_CloneSessionEntry{CloneSessionEntry: &p4v1.CloneSessionEntry{SessionId: 1}},
		}}}), codes.Unimplemented},

		{"insert an existing entry", insert(tableEntity(groupEntry(1, sequence(0, 1)))), codes.AlreadyExists},
		{"insert an existing entry, padded", insert(tableEntity(&p4v1.TableEntry{
			TableId: p4src.TableOUMGroup,
			Match:   []*p4v1.FieldMatch{exact(2, 0, 0), exact(1, 0, 10, 0, 0, 1)},
			Action:  sequence(0, 1),
		})), codes.AlreadyExists},
		{"modify a missing entry", modify(tableEntity(groupEntry(2, sequence(0, 1)))), codes.NotFound},
		{"delete a missing entry", remove(tableEntity(groupEntry(2, nil))), codes.NotFound},
		{"delete another prefix length", remove(tableEntity(routeEntry(9, nil, 10, 0, 0, 0))), codes.NotFound},

		{"unknown table", insert(tableEntity(&p4v1.TableEntry{TableId: unknownTable})), codes.InvalidArgument},
		{"table id of an action", insert(tableEntity(&p4v1.TableEntry{TableId: p4src.ActionForward})), codes.InvalidArgument},
		{"priority", modify(group(func(e *p4v1.TableEntry) { e.Priority = 1 })), codes.InvalidArgument},
		{"idle timeout", modify(group(func(e *p4v1.TableEntry) { e.IdleTimeoutNs = 1 })), codes.InvalidArgument},
		{"last hit", modify(group(func(e *p4v1.TableEntry) { e.TimeSinceLastHit = &p4v1.TableEntry_IdleTimeout{} })), codes.InvalidArgument},
		{"meter of an entry", modify(group(func(e *p4v1.TableEntry) { e.MeterConfig = &p4v1.MeterConfig{} })), codes.InvalidArgument},
		{"counter data in a table without counters", insert(tableEntity(with(copyEntry(1, deliver(1, 1)), func(e *p4v1.TableEntry) {
			e.CounterData = &p4v1.CounterData{}
		}))), codes.InvalidArgument},
		{"negative counter data", modify(group(func(e *p4v1.TableEntry) { e.CounterData = &p4v1.CounterData{PacketCount: -1} })), codes.InvalidArgument},

		{"no match", insert(tableEntity(with(groupEntry(2, sequence(0, 1)), func(e *p4v1.TableEntry) { e.Match = nil }))), codes.InvalidArgument},
		{"missing match field", insert(tableEntity(with(groupEntry(2, sequence(0, 1)), func(e *p4v1.TableEntry) { e.Match = e.Match[:1] }))), codes.InvalidArgument},
		{"unknown match field", insert(tableEntity(with(groupEntry(2, sequence(0, 1)), func(e *p4v1.TableEntry) { e.Match[0].FieldId = 3 }))), codes.InvalidArgument},
		{"match field 0", insert(tableEntity(with(groupEntry(2, sequence(0, 1)), func(e *p4v1.TableEntry) { e.Match[0].FieldId = 0 }))), codes.InvalidArgument},
		{"match field twice", insert(tableEntity(with(groupEntry(2, sequence(0, 1)), func(e *p4v1.TableEntry) { e.Match[1] = e.Match[0] }))), codes.InvalidArgument},
		{"match field without type", insert(tableEntity(with(groupEntry(2, sequence(0, 1)), func(e *p4v1.TableEntry) { e.Match[0].FieldMatchType = nil }))), codes.InvalidArgument},
		{"LPM of an exact field", insert(tableEntity(with(groupEntry(2, sequence(0, 1)), func(e *p4v1.TableEntry) { e.Match[0] = lpm(1, 32, 1) }))), codes.InvalidArgument},
		{"exact of an LPM field", insert(tableEntity(with(routeEntry(8, forward(), 11, 0, 0, 0), func(e *p4v1.TableEntry) { e.Match[0] = exact(1, 1) }))), codes.InvalidArgument},
		{"empty match value", insert(tableEntity(with(groupEntry(2, sequence(0, 1)), func(e *p4v1.TableEntry) { e.Match[0] = exact(1) }))), codes.InvalidArgument},
		{"match value too wide", insert(tableEntity(with(groupEntry(2, sequence(0, 1)), func(e *p4v1.TableEntry) { e.Match[1] = exact(2, 2) }))), codes.InvalidArgument},
		{"match value longer than 64 bits", insert(tableEntity(with(groupEntry(2, sequence(0, 1)), func(e *p4v1.TableEntry) {
			e.Match[0] = exact(1, 1, 0, 0, 0, 0, 0, 0, 0, 0)
		}))), codes.InvalidArgument},
		{"port of 10 bits", insert(tableEntity(&p4v1.TableEntry{
			TableId: p4src.TablePortRole, Match: []*p4v1.FieldMatch{exact(1, 2, 0)}, Action: act(p4src.ActionFabric),
		})), codes.InvalidArgument},

		{"prefix length 0", insert(tableEntity(with(routeEntry(1, forward(), 0), func(e *p4v1.TableEntry) { e.Match[0] = lpm(1, 0, 0) }))), codes.InvalidArgument},
		{"prefix length 33", insert(tableEntity(routeEntry(33, forward(), 10, 0, 0, 0))), codes.InvalidArgument},
		{"negative prefix length", insert(tableEntity(with(routeEntry(1, forward(), 0), func(e *p4v1.TableEntry) { e.Match[0] = lpm(1, -1, 0) }))), codes.InvalidArgument},
		{"host bits", insert(tableEntity(routeEntry(8, forward(), 11, 0, 0, 1))), codes.InvalidArgument},

		{"insert without action", insert(tableEntity(groupEntry(2, nil))), codes.InvalidArgument},
		{"unknown action", insert(tableEntity(groupEntry(2, act(unknownAction)))), codes.InvalidArgument},
		{"action of another table", insert(tableEntity(groupEntry(2, forward()))), codes.InvalidArgument},
		{"action profile member", insert(tableEntity(groupEntry(2, &p4v1.TableAction{Type: &p4v1.TableAction_ActionProfileMemberId{ActionProfileMemberId: 1}}))), codes.InvalidArgument},
		{"action of the default entry", insert(tableEntity(groupEntry(2, act(p4src.ActionNoAction)))), codes.PermissionDenied},
		{"missing parameter", insert(tableEntity(groupEntry(2, act(p4src.ActionSequence, []byte{0}, []byte{1}, []byte{1})))), codes.InvalidArgument},
		{"extra parameter", insert(tableEntity(groupEntry(2, act(p4src.ActionReplicate, []byte{1}, []byte{1})))), codes.InvalidArgument},
		{"parameter twice", insert(tableEntity(with(groupEntry(2, act(p4src.ActionSequence, []byte{0}, []byte{1}, []byte{1}, []byte{9})), func(e *p4v1.TableEntry) {
			e.Action.GetAction().Params[0].ParamId = 2
		}))), codes.InvalidArgument},
		{"empty parameter", insert(tableEntity(groupEntry(2, act(p4src.ActionReplicate, []byte{})))), codes.InvalidArgument},
		{"parameter too wide", insert(tableEntity(groupEntry(2, act(p4src.ActionReplicate, []byte{1, 0, 0})))), codes.InvalidArgument},
		{"session too wide", modify(tableEntity(groupEntry(1, act(p4src.ActionSequence, []byte{0}, []byte{1, 0, 0, 0, 0}, []byte{1}, []byte{9})))), codes.InvalidArgument},
		{"session 0", modify(tableEntity(groupEntry(1, sequence(0, 0)))), codes.InvalidArgument},
		{"group index out of range", modify(tableEntity(groupEntry(1, act(p4src.ActionSequence, []byte{4, 0}, []byte{1}, []byte{1}, []byte{9})))), codes.InvalidArgument},
		{"sequence without multicast group", modify(tableEntity(groupEntry(1, act(p4src.ActionSequence, []byte{0}, []byte{1}, []byte{1}, []byte{0})))), codes.InvalidArgument},
		{"deliver to port 0", insert(tableEntity(copyEntry(1, deliver(1, 0)))), codes.InvalidArgument},

		{"insert a default entry", insert(tableEntity(&p4v1.TableEntry{TableId: p4src.TableIPv4LPM, IsDefaultAction: true, Action: forward()})), codes.InvalidArgument},
		{"delete a default entry", remove(tableEntity(&p4v1.TableEntry{TableId: p4src.TableIPv4LPM, IsDefaultAction: true})), codes.InvalidArgument},
		{"default entry with a match", modify(tableEntity(with(routeEntry(8, forward(), 10, 0, 0, 0), func(e *p4v1.TableEntry) { e.IsDefaultAction = true }))), codes.InvalidArgument},
		{"constant default entry", modify(tableEntity(&p4v1.TableEntry{TableId: p4src.TableOUMGroup, IsDefaultAction: true, Action: act(p4src.ActionOUMDrop)})), codes.PermissionDenied},
		{"default entry with another table's action", modify(tableEntity(&p4v1.TableEntry{TableId: p4src.TableIPv4LPM, IsDefaultAction: true, Action: act(p4src.ActionFabric)})), codes.InvalidArgument},

		{"insert a direct counter", insert(counterEntity(groupEntry(1, nil), nil)), codes.InvalidArgument},
		{"delete a direct counter", remove(counterEntity(groupEntry(1, nil), nil)), codes.InvalidArgument},
		{"direct counter without entry", modify(counterEntity(nil, &p4v1.CounterData{})), codes.InvalidArgument},
		{"direct counter of a table without counters", modify(counterEntity(routeEntry(8, nil, 10, 0, 0, 0), &p4v1.CounterData{})), codes.InvalidArgument},
		{"direct counter of an unknown table", modify(counterEntity(&p4v1.TableEntry{TableId: unknownTable}, &p4v1.CounterData{})), codes.InvalidArgument},
		{"direct counter of a missing entry", modify(counterEntity(groupEntry(2, nil), &p4v1.CounterData{})), codes.NotFound},
		{"negative direct counter", modify(counterEntity(groupEntry(1, nil), &p4v1.CounterData{ByteCount: -1})), codes.InvalidArgument},

		{"multicast group 0", insert(multicastEntity(0)), codes.InvalidArgument},
		{"multicast group of 17 bits", insert(multicastEntity(1 << 16)), codes.InvalidArgument},
		{"insert an existing multicast group", insert(multicastEntity(1)), codes.AlreadyExists},
		{"modify a missing multicast group", modify(multicastEntity(2)), codes.NotFound},
		{"delete a missing multicast group", remove(multicastEntity(2)), codes.NotFound},
		{"replica twice", modify(multicastEntity(1, replica(1, 1), replica(2, 1), replica(1, 1))), codes.InvalidArgument},
		{"instance of 17 bits", modify(multicastEntity(1, replica(1, 1<<16))), codes.InvalidArgument},
		{"egress port of 10 bits", modify(multicastEntity(1, replica(512, 1))), codes.InvalidArgument},
	}
	tg, _ := newPrimary(t)
	tg.mustWrite(
		insert(tableEntity(groupEntry(1, sequence(0, 1)))),
		insert(tableEntity(routeEntry(8, forward(), 10, 0, 0, 0))),
		insert(multicastEntity(1)),
	)
	before, err := tg.read(tableEntity(&p4v1.TableEntry{}), multicastEntity(0))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			// The valid updates around it are applied.
			err := tg.write(insert(multicastEntity(100)), tt.update, remove(multicastEntity(100)))
			if status.Code(err) != codes.Unknown {
				t.Fatalf("got %v, want UNKNOWN with details", err)
			}
			want := []codes.Code{codes.OK, tt.code, codes.OK}
			if got := details(t, err); !slices.Equal(got, want) {
				t.Errorf("got %v, want %v (%v)", got, want, err)
			}
		})
	}
	after, err := tg.read(tableEntity(&p4v1.TableEntry{}), multicastEntity(0))
	if err != nil {
		t.Fatal(err)
	}
	wantEntities(t, after, before)
	if entries, groups, _ := tg.plane.count(); entries != 2 || groups != 1 {
		t.Errorf("the data plane has %d entries and %d groups, want 2 and 1", entries, groups)
	}
	if st := tg.server.Stats(); st.UpdatesRefused != uint64(len(tests)) || st.Updates != uint64(2*len(tests)+3) {
		t.Errorf("stats: %d updates, %d refused; want %d and %d", st.Updates, st.UpdatesRefused, 2*len(tests)+3, len(tests))
	}
}

func TestWriteRequestErrors(t *testing.T) {
	tg, _ := newPrimary(t)
	backup := tg.open()
	backup.update(&p4v1.MasterArbitrationUpdate{DeviceId: deviceID})
	backup.wantArbitration(codes.AlreadyExists, 1)
	tests := []struct {
		name string
		req  *p4v1.WriteRequest
		code codes.Code
	}{
		{"unknown device", &p4v1.WriteRequest{DeviceId: 8, ElectionId: election(1)}, codes.NotFound},
		{"unknown role", &p4v1.WriteRequest{DeviceId: deviceID, ElectionId: election(1), Role: "x"}, codes.NotFound},
		{"no election id", &p4v1.WriteRequest{DeviceId: deviceID}, codes.PermissionDenied},
		{"lower election id", &p4v1.WriteRequest{DeviceId: deviceID, ElectionId: &p4v1.Uint128{}}, codes.PermissionDenied},
		{"higher election id", &p4v1.WriteRequest{DeviceId: deviceID, ElectionId: &p4v1.Uint128{High: 1, Low: 1}}, codes.PermissionDenied},
		{"rollback on error", &p4v1.WriteRequest{DeviceId: deviceID, ElectionId: election(1), Atomicity: p4v1.WriteRequest_ROLLBACK_ON_ERROR}, codes.Unimplemented},
		{"data plane atomic", &p4v1.WriteRequest{DeviceId: deviceID, ElectionId: election(1), Atomicity: p4v1.WriteRequest_DATAPLANE_ATOMIC}, codes.Unimplemented},
	}
	for _, tt := range tests {
		tt.req.Updates = []*p4v1.Update{insert(multicastEntity(1))}
		if _, err := tg.client.Write(ctx(t), tt.req); status.Code(err) != tt.code {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.code)
		}
	}
	if _, groups, _ := tg.plane.count(); groups != 0 {
		t.Error("a refused request changed the forwarding state")
	}
}

func TestWriteReachesDataPlane(t *testing.T) {
	tg, _ := newPrimary(t)
	tg.mustWrite(insert(tableEntity(groupEntry(1, sequence(3, 5)))))
	want := sequencer.Action{ID: p4src.ActionSequence, Params: [4]uint64{3, 5, 0x0102, 9}}
	if got, ok := tg.plane.action(groupKey(1)); !ok || got != want {
		t.Errorf("after INSERT: %+v, %v, want %+v", got, ok, want)
	}
	tg.mustWrite(modify(tableEntity(groupEntry(1, sequence(3, 6)))))
	want.Params[1] = 6
	if got, ok := tg.plane.action(groupKey(1)); !ok || got != want {
		t.Errorf("after MODIFY: %+v, %v, want %+v", got, ok, want)
	}
	// A MODIFY without an action changes nothing.
	tg.mustWrite(modify(tableEntity(groupEntry(1, nil))))
	if got, ok := tg.plane.action(groupKey(1)); !ok || got != want {
		t.Errorf("after an empty MODIFY: %+v, %v, want %+v", got, ok, want)
	}
	// A DELETE uses only the key.
	tg.mustWrite(remove(tableEntity(groupEntry(1, act(99)))))
	if _, ok := tg.plane.action(groupKey(1)); ok {
		t.Error("after DELETE the entry is still there")
	}
}

func TestWriteDefaultEntry(t *testing.T) {
	tg, _ := newPrimary(t)
	def := func(a *p4v1.TableAction) *p4v1.Entity {
		return tableEntity(&p4v1.TableEntry{TableId: p4src.TableIPv4LPM, IsDefaultAction: true, Action: a})
	}
	read := func() uint32 {
		found, err := tg.read(def(nil))
		if err != nil || len(found) != 1 {
			t.Fatalf("got %v, %v, want one entry", found, err)
		}
		return found[0].GetTableEntry().GetAction().GetAction().GetActionId()
	}
	if got := read(); got != p4src.InitialDefaultIPv4LPM {
		t.Errorf("initially: action %#x", got)
	}
	tg.mustWrite(modify(def(forward())))
	if got := read(); got != p4src.ActionForward {
		t.Errorf("after MODIFY: action %#x", got)
	}
	tg.mustWrite(modify(def(nil)))
	if got := read(); got != p4src.InitialDefaultIPv4LPM {
		t.Errorf("after the reset: action %#x", got)
	}
}

func TestWriteTableFull(t *testing.T) {
	tg, _ := newPrimary(t)
	var updates []*p4v1.Update
	for port := range 512 {
		updates = append(updates, insert(tableEntity(&p4v1.TableEntry{
			TableId: p4src.TablePortRole,
			Match:   []*p4v1.FieldMatch{exact(1, byte(port>>8), byte(port))},
			Action:  act(p4src.ActionFabric),
		})))
	}
	tg.mustWrite(updates...)
	// The key is 9 bits wide, so this table cannot overflow; another one can.
	updates = nil
	for i := range 8193 {
		updates = append(updates, insert(tableEntity(&p4v1.TableEntry{
			TableId: p4src.TableOUMCopy,
			Match:   []*p4v1.FieldMatch{exact(1, byte(i>>8), byte(i))},
			Action:  deliver(1, 1),
		})))
	}
	err := tg.write(updates...)
	got := details(t, err)
	if len(got) != len(updates) || got[8191] != codes.OK || got[8192] != codes.ResourceExhausted {
		t.Errorf("the entry above the size: %v, want RESOURCE_EXHAUSTED", err)
	}
}
