package udp_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"log/slog"
	"net"
	"testing"
	"time"

	p4v1 "github.com/p4lang/p4runtime/go/p4/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/netordered/nopaxos/oumlib"
	"github.com/netordered/nopaxos/p4src"
	"github.com/netordered/nopaxos/sequencer/udp"
)

func number(v uint64) []byte {
	b := bytes.TrimLeft(binary.BigEndian.AppendUint64(nil, v), "\x00")
	if len(b) == 0 {
		return []byte{0}
	}
	return b
}

func entry(table uint32, match []uint64, action uint32, params ...uint64) *p4v1.Update {
	e := &p4v1.TableEntry{TableId: table}
	for i, v := range match {
		e.Match = append(e.Match, &p4v1.FieldMatch{
			FieldId:        uint32(i + 1),
			FieldMatchType: &p4v1.FieldMatch_Exact_{Exact: &p4v1.FieldMatch_Exact{Value: number(v)}},
		})
	}
	a := &p4v1.Action{ActionId: action}
	for i, v := range params {
		a.Params = append(a.Params, &p4v1.Action_Param{ParamId: uint32(i + 1), Value: number(v)})
	}
	e.Action = &p4v1.TableAction{Type: &p4v1.TableAction_Action{Action: a}}
	return &p4v1.Update{Type: p4v1.Update_INSERT, Entity: &p4v1.Entity{Entity: &p4v1.Entity_TableEntry{TableEntry: e}}}
}

// startSequencer runs a sequencer on loopback, and returns a client of its P4Runtime server.
func startSequencer(t *testing.T) (*udp.Sequencer, p4v1.P4RuntimeClient) {
	t.Helper()
	s, err := udp.Listen(udp.SequencerConfig{
		DeviceID: 1, Data: "127.0.0.1:0", P4Runtime: "127.0.0.1:0", Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	conn, err := grpc.NewClient(s.P4RuntimeAddr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = conn.Close()
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return s, p4v1.NewP4RuntimeClient(conn)
}

// TestEndToEnd programs a sequencer like a controller, sends requests like a client, and receives the
// stamped copies like replicas.
func TestEndToEnd(t *testing.T) {
	sequencer, client := startSequencer(t)
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()

	stream, err := client.StreamChannel(ctx)
	if err != nil {
		t.Fatal(err)
	}
	election := &p4v1.Uint128{Low: 1}
	if err := stream.Send(&p4v1.StreamMessageRequest{Update: &p4v1.StreamMessageRequest_Arbitration{
		Arbitration: &p4v1.MasterArbitrationUpdate{DeviceId: 1, ElectionId: election},
	}}); err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Recv(); err != nil {
		t.Fatal(err)
	}
	info, err := p4src.P4Info()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.SetForwardingPipelineConfig(ctx, &p4v1.SetForwardingPipelineConfigRequest{
		DeviceId: 1, ElectionId: election,
		Action: p4v1.SetForwardingPipelineConfigRequest_VERIFY_AND_COMMIT,
		Config: &p4v1.ForwardingPipelineConfig{P4Info: info},
	}); err != nil {
		t.Fatal(err)
	}

	const group, session, token = 0x0A000001, 3, 0x1122334455667788
	multicast := &p4v1.MulticastGroupEntry{MulticastGroupId: 1}
	updates := []*p4v1.Update{entry(p4src.TableOUMGroup, []uint64{group, 0}, p4src.ActionSequence, 0, session, token, 1)}
	var replicas []*net.UDPConn
	for i := range uint64(3) {
		conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		replicas = append(replicas, conn)
		multicast.Replicas = append(multicast.Replicas, &p4v1.Replica{Instance: uint32(i)})
		port := conn.LocalAddr().(*net.UDPAddr).AddrPort().Port()
		updates = append(updates, entry(p4src.TableOUMCopy, []uint64{i}, p4src.ActionDeliver, 0, 0, 0x7F000001, uint64(port)))
	}
	updates = append(updates, &p4v1.Update{Type: p4v1.Update_INSERT, Entity: &p4v1.Entity{
		Entity: &p4v1.Entity_PacketReplicationEngineEntry{PacketReplicationEngineEntry: &p4v1.PacketReplicationEngineEntry{
			Type: &p4v1.PacketReplicationEngineEntry_MulticastGroupEntry{MulticastGroupEntry: multicast},
		}},
	}})
	if _, err := client.Write(ctx, &p4v1.WriteRequest{DeviceId: 1, ElectionId: election, Updates: updates}); err != nil {
		t.Fatal(err)
	}

	sender, err := net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(sequencer.Socket.LocalAddr()))
	if err != nil {
		t.Fatal(err)
	}
	defer sender.Close()
	for i := range 5 {
		msg := append(oumlib.AppendHeader(nil, oumlib.Header{Group: group}), byte(i))
		if _, err := sender.Write(msg); err != nil {
			t.Fatal(err)
		}
	}
	for _, conn := range replicas {
		if err := conn.SetReadDeadline(time.Now().Add(30 * time.Second)); err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, 2048)
		for i := range 5 {
			n, err := conn.Read(buf)
			if err != nil {
				t.Fatal(err)
			}
			h, payload, err := oumlib.ParseHeader(buf[:n])
			want := oumlib.Header{Flags: oumlib.FlagSequenced, Group: group, Session: session, Seq: uint64(i) + 1, Token: token}
			if err != nil || h != want || !bytes.Equal(payload, []byte{byte(i)}) {
				t.Errorf("received %v %x, %v; want %v %x", h, payload, err, want, i)
			}
		}
	}

	// A packet-out to the CPU port returns through the event loop.
	if err := stream.Send(&p4v1.StreamMessageRequest{Update: &p4v1.StreamMessageRequest_Packet{Packet: &p4v1.PacketOut{
		Payload:  []byte("probe"),
		Metadata: []*p4v1.PacketMetadata{{MetadataId: p4src.MetadataPacketOutEgressPort, Value: number(p4src.CPUPort)}},
	}}}); err != nil {
		t.Fatal(err)
	}
	msg, err := stream.Recv()
	if err != nil || string(msg.GetPacket().GetPayload()) != "probe" {
		t.Errorf("received %v, %v, want the probe", msg, err)
	}
}

func TestListenErrors(t *testing.T) {
	first, err := udp.Listen(udp.SequencerConfig{Data: "127.0.0.1:0", P4Runtime: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	if _, err := udp.Listen(udp.SequencerConfig{Data: "127.0.0.1:0", P4Runtime: first.P4RuntimeAddr().String()}); err == nil {
		t.Error("two P4Runtime servers listen at one address")
	}
	if _, err := udp.Listen(udp.SequencerConfig{Data: "127.0.0.1:0", P4Runtime: "127.0.0.1:0", MTU: -1}); err == nil {
		t.Error("an MTU of -1 was accepted")
	}
}
