package sequencer_test

import (
	"testing"

	p4v1 "github.com/p4lang/p4runtime/go/p4/v1"
	"google.golang.org/grpc/codes"

	"github.com/netordered/nopaxos/p4src"
)

func packetOut(payload string, metadata ...*p4v1.PacketMetadata) *p4v1.StreamMessageRequest {
	return &p4v1.StreamMessageRequest{Update: &p4v1.StreamMessageRequest_Packet{
		Packet: &p4v1.PacketOut{Payload: []byte(payload), Metadata: metadata},
	}}
}

func metadata(id uint32, value ...byte) *p4v1.PacketMetadata {
	return &p4v1.PacketMetadata{MetadataId: id, Value: value}
}

// cpuPort is p4src.CPUPort as metadata.
var cpuPort = metadata(p4src.MetadataPacketOutEgressPort, p4src.CPUPort>>8, p4src.CPUPort&0xFF)

func TestPacketOutComesBack(t *testing.T) {
	_, s := newPrimary(t)
	s.send(packetOut("probe", cpuPort))
	p := s.recv().GetPacket()
	if string(p.GetPayload()) != "probe" || len(p.GetMetadata()) != 1 ||
		p.GetMetadata()[0].GetMetadataId() != p4src.MetadataPacketInIngressPort ||
		string(p.GetMetadata()[0].GetValue()) != "\x01\xfe" {
		t.Errorf("packet-in is %v", p)
	}
}

func TestPacketOutErrors(t *testing.T) {
	tests := []struct {
		name string
		msg  *p4v1.StreamMessageRequest
		code codes.Code
	}{
		{"no metadata", packetOut("x"), codes.InvalidArgument},
		{"too much metadata", packetOut("x", cpuPort, cpuPort), codes.InvalidArgument},
		{"unknown metadata", packetOut("x", metadata(7, 1)), codes.InvalidArgument},
		{"empty value", packetOut("x", metadata(1)), codes.InvalidArgument},
		{"value too wide", packetOut("x", metadata(1, 1, 0, 0)), codes.InvalidArgument},
		{"digest", &p4v1.StreamMessageRequest{Update: &p4v1.StreamMessageRequest_DigestAck{DigestAck: &p4v1.DigestListAck{}}}, codes.InvalidArgument},
		{"nothing", &p4v1.StreamMessageRequest{}, codes.Unimplemented},
	}
	_, s := newPrimary(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s.send(tt.msg)
			e := s.recv().GetError()
			if got := codes.Code(e.GetCanonicalCode()); e == nil || got != tt.code || e.GetDetails() == nil {
				t.Errorf("got %v, want %v with details", e, tt.code)
			}
		})
	}
	// The stream stays open.
	s.send(packetOut("probe", cpuPort))
	if p := s.recv().GetPacket(); string(p.GetPayload()) != "probe" {
		t.Errorf("packet-in is %v", p)
	}
}

func TestPacketOutOfBackup(t *testing.T) {
	tg, _ := newPrimary(t)
	backup := tg.open()
	backup.send(packetOut("x", cpuPort)) // before any arbitration
	if e := backup.recv().GetError(); codes.Code(e.GetCanonicalCode()) != codes.PermissionDenied {
		t.Errorf("before arbitration: %v, want PERMISSION_DENIED", e)
	}
	backup.update(&p4v1.MasterArbitrationUpdate{DeviceId: deviceID})
	backup.wantArbitration(codes.AlreadyExists, 1)
	backup.send(packetOut("x", cpuPort))
	if e := backup.recv().GetError(); codes.Code(e.GetCanonicalCode()) != codes.PermissionDenied {
		t.Errorf("of a backup: %v, want PERMISSION_DENIED", e)
	}
}

func TestPacketOutWithoutPipeline(t *testing.T) {
	tg := newTarget(t)
	s := tg.open()
	s.arbitrate(deviceID, 1)
	s.wantArbitration(codes.OK, 1)
	s.send(packetOut("x", cpuPort))
	if e := s.recv().GetError(); codes.Code(e.GetCanonicalCode()) != codes.FailedPrecondition {
		t.Errorf("got %v, want FAILED_PRECONDITION", e)
	}
}

func TestPacketInWithoutPrimary(t *testing.T) {
	tg := newTarget(t)
	tg.plane.packetIn(1, []byte("x"))
	if st := tg.server.Stats(); st.PacketInsDropped != 1 || st.PacketIns != 0 {
		t.Errorf("stats: %+v, want one packet-in dropped", st)
	}
}
