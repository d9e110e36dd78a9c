package sequencer_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"sync"
	"testing"
	"time"

	p4v1 "github.com/p4lang/p4runtime/go/p4/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"github.com/netordered/nopaxos/p4src"
	"github.com/netordered/nopaxos/sequencer"
)

const deviceID = 7

// fakePlane is a data plane that records the server's calls.
type fakePlane struct {
	mu       sync.Mutex
	entries  map[sequencer.Key]sequencer.Action
	counters map[sequencer.Key]sequencer.Counter
	groups   map[uint16][]sequencer.Replica
	clears   int
	packetIn func(uint16, []byte)
}

func (f *fakePlane) Put(k sequencer.Key, a sequencer.Action) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.entries[k] = a
}

func (f *fakePlane) Delete(k sequencer.Key) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.entries, k)
	delete(f.counters, k)
}

func (f *fakePlane) SetMulticast(id uint16, r []sequencer.Replica) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.groups[id] = r
}

func (f *fakePlane) DeleteMulticast(id uint16) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.groups, id)
}

func (f *fakePlane) Clear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.entries = map[sequencer.Key]sequencer.Action{}
	f.counters = map[sequencer.Key]sequencer.Counter{}
	f.groups = map[uint16][]sequencer.Replica{}
	f.clears++
}

func (f *fakePlane) Counter(k sequencer.Key) sequencer.Counter {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.counters[k]
}

func (f *fakePlane) SetCounter(k sequencer.Key, c sequencer.Counter) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.counters[k] = c
}

func (f *fakePlane) HandlePacketIn(fn func(uint16, []byte)) { f.packetIn = fn }

// PacketOut returns packets for the CPU port, as every data plane does.
func (f *fakePlane) PacketOut(port uint16, payload []byte) {
	if port == p4src.CPUPort {
		f.packetIn(port, payload)
	}
}

func (f *fakePlane) action(k sequencer.Key) (sequencer.Action, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	a, ok := f.entries[k]
	return a, ok
}

func (f *fakePlane) count() (entries, groups, clears int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.entries), len(f.groups), f.clears
}

// target is a running server with a client.
type target struct {
	t      *testing.T
	plane  *fakePlane
	server *sequencer.Server
	client p4v1.P4RuntimeClient
}

func newTarget(t *testing.T) *target {
	t.Helper()
	plane := &fakePlane{}
	plane.Clear()
	plane.clears = 0
	server, err := sequencer.NewServer(sequencer.Config{
		DeviceID:  deviceID,
		Logger:    slog.New(slog.DiscardHandler),
		DataPlane: plane,
	})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	conn, err := grpc.NewClient(l.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = conn.Close()
		server.Stop()
		if err := <-served; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
	return &target{t: t, plane: plane, server: server, client: p4v1.NewP4RuntimeClient(conn)}
}

// newPrimary returns a target with a committed pipeline and its primary controller, election id 1.
func newPrimary(t *testing.T) (*target, *stream) {
	t.Helper()
	tg := newTarget(t)
	s := tg.open()
	s.arbitrate(deviceID, 1)
	s.wantArbitration(codes.OK, 1)
	if err := tg.commit(1); err != nil {
		t.Fatalf("SetForwardingPipelineConfig: %v", err)
	}
	return tg, s
}

func ctx(t *testing.T) context.Context {
	t.Helper()
	c, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	t.Cleanup(cancel)
	return c
}

func election(low uint64) *p4v1.Uint128 { return &p4v1.Uint128{Low: low} }

// stream is a controller's StreamChannel.
type stream struct {
	t      *testing.T
	rpc    p4v1.P4Runtime_StreamChannelClient
	cancel context.CancelFunc
}

func (tg *target) open() *stream {
	tg.t.Helper()
	c, cancel := context.WithCancel(ctx(tg.t))
	tg.t.Cleanup(cancel)
	rpc, err := tg.client.StreamChannel(c)
	if err != nil {
		tg.t.Fatal(err)
	}
	return &stream{t: tg.t, rpc: rpc, cancel: cancel}
}

func (s *stream) send(m *p4v1.StreamMessageRequest) {
	s.t.Helper()
	if err := s.rpc.Send(m); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stream) arbitrate(device, low uint64) {
	s.t.Helper()
	s.update(&p4v1.MasterArbitrationUpdate{DeviceId: device, ElectionId: election(low)})
}

func (s *stream) update(u *p4v1.MasterArbitrationUpdate) {
	s.t.Helper()
	s.send(&p4v1.StreamMessageRequest{Update: &p4v1.StreamMessageRequest_Arbitration{Arbitration: u}})
}

func (s *stream) recv() *p4v1.StreamMessageResponse {
	s.t.Helper()
	m, err := s.rpc.Recv()
	if err != nil {
		s.t.Fatalf("StreamChannel ended: %v", err)
	}
	return m
}

func (s *stream) wantArbitration(code codes.Code, low uint64) {
	s.t.Helper()
	m := s.recv()
	u := m.GetArbitration()
	if u == nil {
		s.t.Fatalf("got %v, want an arbitration update", m)
	}
	if got := codes.Code(u.GetStatus().GetCode()); got != code || u.GetElectionId().GetLow() != low || u.GetDeviceId() != deviceID {
		s.t.Fatalf("arbitration update: status %v, election id %d, device %d; want %v, %d, %d",
			got, u.GetElectionId().GetLow(), u.GetDeviceId(), code, low, deviceID)
	}
}

// wantEnd waits until the server ends the stream with code.
func (s *stream) wantEnd(code codes.Code) {
	s.t.Helper()
	for {
		_, err := s.rpc.Recv()
		if err == nil {
			continue
		}
		if got := status.Code(err); got != code {
			s.t.Fatalf("StreamChannel ended with %v, want %v", err, code)
		}
		return
	}
}

func pipeline(t *testing.T, cookie uint64) *p4v1.ForwardingPipelineConfig {
	t.Helper()
	info, err := p4src.P4Info()
	if err != nil {
		t.Fatal(err)
	}
	return &p4v1.ForwardingPipelineConfig{
		P4Info:         info,
		P4DeviceConfig: []byte("device"),
		Cookie:         &p4v1.ForwardingPipelineConfig_Cookie{Cookie: cookie},
	}
}

func (tg *target) setPipeline(low uint64, action p4v1.SetForwardingPipelineConfigRequest_Action, cfg *p4v1.ForwardingPipelineConfig) error {
	tg.t.Helper()
	_, err := tg.client.SetForwardingPipelineConfig(ctx(tg.t), &p4v1.SetForwardingPipelineConfigRequest{
		DeviceId: deviceID, ElectionId: election(low), Action: action, Config: cfg,
	})
	return err
}

func (tg *target) commit(low uint64) error {
	tg.t.Helper()
	return tg.setPipeline(low, p4v1.SetForwardingPipelineConfigRequest_VERIFY_AND_COMMIT, pipeline(tg.t, 42))
}

func (tg *target) write(updates ...*p4v1.Update) error {
	tg.t.Helper()
	_, err := tg.client.Write(ctx(tg.t), &p4v1.WriteRequest{
		DeviceId: deviceID, ElectionId: election(1), Updates: updates,
	})
	return err
}

func (tg *target) mustWrite(updates ...*p4v1.Update) {
	tg.t.Helper()
	if err := tg.write(updates...); err != nil {
		tg.t.Fatalf("Write: %v: %v", err, details(tg.t, err))
	}
}

// details returns the code of each element of a failed batch.
func details(t *testing.T, err error) []codes.Code {
	t.Helper()
	st := status.Convert(err)
	var list []codes.Code
	for _, d := range st.Details() {
		e, ok := d.(*p4v1.Error)
		if !ok {
			t.Fatalf("error detail is a %T, want p4.v1.Error", d)
		}
		list = append(list, codes.Code(e.GetCanonicalCode()))
	}
	return list
}

func (tg *target) read(entities ...*p4v1.Entity) ([]*p4v1.Entity, error) {
	tg.t.Helper()
	rpc, err := tg.client.Read(ctx(tg.t), &p4v1.ReadRequest{DeviceId: deviceID, Entities: entities})
	if err != nil {
		tg.t.Fatal(err)
	}
	var found []*p4v1.Entity
	for {
		m, err := rpc.Recv()
		if err == io.EOF {
			return found, nil
		}
		if err != nil {
			return found, err
		}
		found = append(found, m.GetEntities()...)
	}
}

// Builders of entities.

func exact(id uint32, value ...byte) *p4v1.FieldMatch {
	return &p4v1.FieldMatch{FieldId: id, FieldMatchType: &p4v1.FieldMatch_Exact_{Exact: &p4v1.FieldMatch_Exact{Value: value}}}
}

func lpm(id uint32, length int32, value ...byte) *p4v1.FieldMatch {
	return &p4v1.FieldMatch{FieldId: id, FieldMatchType: &p4v1.FieldMatch_Lpm{Lpm: &p4v1.FieldMatch_LPM{Value: value, PrefixLen: length}}}
}

func act(id uint32, params ...[]byte) *p4v1.TableAction {
	a := &p4v1.Action{ActionId: id}
	for i, p := range params {
		a.Params = append(a.Params, &p4v1.Action_Param{ParamId: uint32(i + 1), Value: p})
	}
	return &p4v1.TableAction{Type: &p4v1.TableAction_Action{Action: a}}
}

// sequence is the action for cell index and session, with token 0x0102 and multicast group 9.
func sequence(index, session byte) *p4v1.TableAction {
	return act(p4src.ActionSequence, []byte{index}, []byte{session}, []byte{1, 2}, []byte{9})
}

// groupEntry is the entry of group 10.0.0.x for unstamped datagrams.
func groupEntry(x byte, a *p4v1.TableAction) *p4v1.TableEntry {
	return &p4v1.TableEntry{
		TableId: p4src.TableOUMGroup,
		Match:   []*p4v1.FieldMatch{exact(p4src.FieldOUMGroupIPv4Dst, 10, 0, 0, x), exact(p4src.FieldOUMGroupSequenced, 0)},
		Action:  a,
	}
}

func groupKey(x byte) sequencer.Key {
	return sequencer.Key{Table: p4src.TableOUMGroup, Fields: [2]uint64{10<<24 | uint64(x), 0}}
}

func copyEntry(rid byte, a *p4v1.TableAction) *p4v1.TableEntry {
	return &p4v1.TableEntry{
		TableId: p4src.TableOUMCopy,
		Match:   []*p4v1.FieldMatch{exact(p4src.FieldOUMCopyEgressRID, rid)},
		Action:  a,
	}
}

func deliver(ip, port byte) *p4v1.TableAction {
	return act(p4src.ActionDeliver, []byte{2}, []byte{1}, []byte{127, 0, 0, ip}, []byte{port})
}

func routeEntry(length int32, a *p4v1.TableAction, value ...byte) *p4v1.TableEntry {
	e := &p4v1.TableEntry{TableId: p4src.TableIPv4LPM, Action: a}
	if length > 0 {
		e.Match = []*p4v1.FieldMatch{lpm(p4src.FieldIPv4LPMIPv4Dst, length, value...)}
	}
	return e
}

func forward() *p4v1.TableAction {
	return act(p4src.ActionForward, []byte{3}, []byte{2}, []byte{1})
}

func tableEntity(e *p4v1.TableEntry) *p4v1.Entity {
	return &p4v1.Entity{Entity: &p4v1.Entity_TableEntry{TableEntry: e}}
}

func counterEntity(e *p4v1.TableEntry, data *p4v1.CounterData) *p4v1.Entity {
	return &p4v1.Entity{Entity: &p4v1.Entity_DirectCounterEntry{
		DirectCounterEntry: &p4v1.DirectCounterEntry{TableEntry: e, Data: data},
	}}
}

func multicastEntity(id uint32, replicas ...*p4v1.Replica) *p4v1.Entity {
	return &p4v1.Entity{Entity: &p4v1.Entity_PacketReplicationEngineEntry{
		PacketReplicationEngineEntry: &p4v1.PacketReplicationEngineEntry{
			Type: &p4v1.PacketReplicationEngineEntry_MulticastGroupEntry{
				MulticastGroupEntry: &p4v1.MulticastGroupEntry{MulticastGroupId: id, Replicas: replicas},
			},
		},
	}}
}

func insert(e *p4v1.Entity) *p4v1.Update { return &p4v1.Update{Type: p4v1.Update_INSERT, Entity: e} }
func modify(e *p4v1.Entity) *p4v1.Update { return &p4v1.Update{Type: p4v1.Update_MODIFY, Entity: e} }
func remove(e *p4v1.Entity) *p4v1.Update { return &p4v1.Update{Type: p4v1.Update_DELETE, Entity: e} }
