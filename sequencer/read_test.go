package sequencer_test

import (
	"slices"
	"testing"

	p4v1 "github.com/p4lang/p4runtime/go/p4/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/netordered/nopaxos/p4src"
	"github.com/netordered/nopaxos/sequencer"
)

func wantEntities(t *testing.T, got, want []*p4v1.Entity) {
	t.Helper()
	if !slices.EqualFunc(got, want, func(a, b *p4v1.Entity) bool { return proto.Equal(a, b) }) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// TestReadWriteSymmetry checks that Read returns what Write took, in canonical form.
func TestReadWriteSymmetry(t *testing.T) {
	tg, _ := newPrimary(t)
	port := &p4v1.TableEntry{TableId: p4src.TablePortRole, Match: []*p4v1.FieldMatch{exact(1, 1, 255)}, Action: act(p4src.ActionFabric)}
	stamped := groupEntry(1, act(p4src.ActionReplicate, []byte{9}))
	stamped.Match[1] = exact(2, 1)
	tables := []*p4v1.Entity{
		tableEntity(port),
		tableEntity(groupEntry(1, sequence(0, 1))),
		tableEntity(stamped),
		tableEntity(with(groupEntry(2, act(p4src.ActionGroupDrop)), func(e *p4v1.TableEntry) {
			e.ControllerMetadata = 5 //lint:ignore SA1019 Read must return it
			e.Metadata = []byte("cookie")
		})),
		tableEntity(routeEntry(0, forward())),
		tableEntity(routeEntry(8, forward(), 10, 0, 0, 0)),
		tableEntity(routeEntry(16, forward(), 10, 0, 0, 0)),
		tableEntity(copyEntry(0, deliver(1, 99))),
		tableEntity(copyEntry(1, act(p4src.ActionRelay, []byte{2}, []byte{1}))),
		tableEntity(&p4v1.TableEntry{
			TableId: p4src.TableARPGateway,
			Match:   []*p4v1.FieldMatch{exact(p4src.FieldARPGatewayTargetIP, 10, 0, 1, 1)},
			Action:  act(p4src.ActionARPReply, []byte{2, 0, 0, 0, 1, 0}),
		}),
	}
	groups := []*p4v1.Entity{
		multicastEntity(3, &p4v1.Replica{EgressPort: 511, Instance: 0}, &p4v1.Replica{EgressPort: 1, Instance: 65535}),
		multicastEntity(9),
	}
	for _, e := range slices.Backward(append(slices.Clone(tables), groups...)) {
		tg.mustWrite(insert(e))
	}
	one := func(e *p4v1.TableEntry) []*p4v1.Entity { return []*p4v1.Entity{tableEntity(e)} }
	tests := []struct {
		name    string
		request []*p4v1.Entity
		want    []*p4v1.Entity
	}{
		{"nothing", nil, nil},
		{"all tables", one(&p4v1.TableEntry{}), tables},
		{"one table", one(&p4v1.TableEntry{TableId: p4src.TableOUMGroup}), tables[1:4]},
		{"one entry", one(groupEntry(1, nil)), tables[1:2]},
		{"one entry, padded", one(with(groupEntry(1, nil), func(e *p4v1.TableEntry) { e.Match[0] = exact(1, 0, 0, 10, 0, 0, 1) })), tables[1:2]},
		{"no such entry", one(groupEntry(9, nil)), nil},
		{"by prefix", one(routeEntry(16, nil, 10, 0, 0, 0)), tables[6:7]},
		{"by action", one(&p4v1.TableEntry{TableId: p4src.TableOUMGroup, Action: act(p4src.ActionGroupDrop)}), tables[3:4]},
		{"by metadata", one(&p4v1.TableEntry{TableId: p4src.TableOUMGroup, Metadata: []byte("cookie")}), tables[3:4]},
		{"by controller metadata", one(&p4v1.TableEntry{TableId: p4src.TableOUMGroup, ControllerMetadata: 5}), tables[3:4]}, //lint:ignore SA1019 the specification has this filter
		{"default entry", one(&p4v1.TableEntry{TableId: p4src.TableOUMCopy, IsDefaultAction: true}),
			one(&p4v1.TableEntry{TableId: p4src.TableOUMCopy, IsDefaultAction: true, Action: act(p4src.ActionOUMDrop)})},
		{"all multicast groups", []*p4v1.Entity{multicastEntity(0)}, groups},
		{"one multicast group", []*p4v1.Entity{multicastEntity(3)}, groups[:1]},
		{"a batch", []*p4v1.Entity{multicastEntity(9), tableEntity(copyEntry(1, nil))}, []*p4v1.Entity{groups[1], tables[8]}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := tg.read(tt.request...)
			if err != nil {
				t.Fatal(err)
			}
			wantEntities(t, got, tt.want)
		})
	}
}

func TestReadErrors(t *testing.T) {
	tests := []struct {
		name   string
		entity *p4v1.Entity
		code   codes.Code
	}{
		{"empty entity", &p4v1.Entity{}, codes.InvalidArgument},
		{"register", &p4v1.Entity{Entity: &p4v1.Entity_RegisterEntry{RegisterEntry: &p4v1.RegisterEntry{}}}, codes.Unimplemented},
		{"clone session", &p4v1.Entity{Entity: &p4v1.Entity_PacketReplicationEngineEntry{PacketReplicationEngineEntry: &p4v1.PacketReplicationEngineEntry{}}}, codes.Unimplemented},
		{"unknown table", tableEntity(&p4v1.TableEntry{TableId: 0x02000099}), codes.InvalidArgument},
		{"filter on all tables", tableEntity(&p4v1.TableEntry{Metadata: []byte("x")}), codes.InvalidArgument},
		{"priority", tableEntity(&p4v1.TableEntry{TableId: p4src.TableOUMGroup, Priority: 1}), codes.InvalidArgument},
		{"half a key", tableEntity(with(groupEntry(1, nil), func(e *p4v1.TableEntry) { e.Match = e.Match[:1] })), codes.InvalidArgument},
		{"missing multicast group", multicastEntity(99), codes.NotFound},
		{"multicast group of 17 bits", multicastEntity(1<<16 + 1), codes.NotFound},
		{"counter without table entry", counterEntity(nil, nil), codes.InvalidArgument},
		{"counter of a table without counters", counterEntity(&p4v1.TableEntry{TableId: p4src.TableIPv4LPM}, nil), codes.InvalidArgument},
		{"counter of a missing entry", counterEntity(groupEntry(1, nil), nil), codes.NotFound},
	}
	tg, _ := newPrimary(t)
	tg.mustWrite(insert(multicastEntity(1)))
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			found, err := tg.read(tt.entity, multicastEntity(1))
			wantEntities(t, found, []*p4v1.Entity{multicastEntity(1)})
			if status.Code(err) != codes.Unknown {
				t.Fatalf("got %v, want UNKNOWN with details", err)
			}
			if got, want := details(t, err), []codes.Code{tt.code, codes.OK}; !slices.Equal(got, want) {
				t.Errorf("got %v, want %v (%v)", got, want, err)
			}
		})
	}
	for _, req := range []*p4v1.ReadRequest{{DeviceId: 8}, {DeviceId: deviceID, Role: "x"}} {
		rpc, err := tg.client.Read(ctx(t), req)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := rpc.Recv(); status.Code(err) != codes.NotFound {
			t.Errorf("%v: %v, want NOT_FOUND", req, err)
		}
	}
}

func TestReadInChunks(t *testing.T) {
	tg, _ := newPrimary(t)
	var updates []*p4v1.Update
	for id := range uint32(1000) {
		updates = append(updates, insert(multicastEntity(id+1)))
	}
	tg.mustWrite(updates...)
	found, err := tg.read(multicastEntity(0))
	if err != nil || len(found) != 1000 {
		t.Errorf("got %d groups, %v, want 1000", len(found), err)
	}
}

func TestDirectCounters(t *testing.T) {
	tg, _ := newPrimary(t)
	tg.mustWrite(
		insert(tableEntity(groupEntry(1, sequence(0, 1)))),
		insert(tableEntity(with(groupEntry(2, sequence(1, 1)), func(e *p4v1.TableEntry) {
			e.CounterData = &p4v1.CounterData{PacketCount: 3, ByteCount: 300}
		}))),
		insert(tableEntity(copyEntry(1, deliver(1, 1)))),
	)
	tg.plane.SetCounter(groupKey(1), sequencer.Counter{Packets: 7, Bytes: 700})
	one := counterEntity(groupEntry(1, nil), &p4v1.CounterData{PacketCount: 7, ByteCount: 700})
	two := counterEntity(groupEntry(2, nil), &p4v1.CounterData{PacketCount: 3, ByteCount: 300})
	reads := []struct {
		name    string
		request *p4v1.Entity
		want    []*p4v1.Entity
	}{
		{"one", counterEntity(groupEntry(1, nil), nil), []*p4v1.Entity{one}},
		{"a table", counterEntity(&p4v1.TableEntry{TableId: p4src.TableOUMGroup}, nil), []*p4v1.Entity{one, two}},
		{"all tables", counterEntity(&p4v1.TableEntry{}, nil), []*p4v1.Entity{one, two}},
		{"with the entries", tableEntity(&p4v1.TableEntry{CounterData: &p4v1.CounterData{}}), []*p4v1.Entity{
			tableEntity(with(groupEntry(1, sequence(0, 1)), func(e *p4v1.TableEntry) { e.CounterData = &p4v1.CounterData{PacketCount: 7, ByteCount: 700} })),
			tableEntity(with(groupEntry(2, sequence(1, 1)), func(e *p4v1.TableEntry) { e.CounterData = &p4v1.CounterData{PacketCount: 3, ByteCount: 300} })),
			tableEntity(copyEntry(1, deliver(1, 1))),
		}},
	}
	for _, tt := range reads {
		got, err := tg.read(tt.request)
		if err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		t.Run(tt.name, func(t *testing.T) { wantEntities(t, got, tt.want) })
	}
	tg.mustWrite(
		modify(counterEntity(groupEntry(1, nil), &p4v1.CounterData{})), // reset
		modify(counterEntity(groupEntry(2, nil), nil)),                 // no data: no change
	)
	if got := tg.plane.Counter(groupKey(1)); got != (sequencer.Counter{}) {
		t.Errorf("after the reset: %+v", got)
	}
	if got := tg.plane.Counter(groupKey(2)); got.Packets != 3 {
		t.Errorf("after a write without data: %+v", got)
	}
}
