package packettest_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"testing"
	"time"

	p4v1 "github.com/p4lang/p4runtime/go/p4/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/netordered/nopaxos/lab/packettest"
	"github.com/netordered/nopaxos/sequencer/udp"
)

// TestUDPPackets runs the suite on the end-host sequencer.
func TestUDPPackets(t *testing.T) {
	packettest.Run(t, func(t *testing.T) packettest.Target { return newUDPTarget(t) })
}

// TestUDPConduct checks the P4Runtime server of package sequencer against the specification.
func TestUDPConduct(t *testing.T) {
	packettest.RunConduct(t, packettest.Specification, func(t *testing.T) packettest.Target { return newUDPTarget(t) })
}

const udpDeviceID = 1

// udpTarget is a running sequencer with a socket at each of its ports. An end host's ports are the
// addresses of its peers; it sees only the UDP payload of frames.
type udpTarget struct {
	client p4v1.P4RuntimeClient
	addr   *net.UDPAddr // of the sequencer
	conns  [packettest.Ports + 1]*net.UDPConn
}

func newUDPTarget(t testing.TB) *udpTarget {
	t.Helper()
	s, err := udp.Listen(udp.SequencerConfig{
		DeviceID: udpDeviceID, Data: "127.0.0.1:0", P4Runtime: "127.0.0.1:0", Logger: slog.New(slog.DiscardHandler),
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
	p := &udpTarget{client: p4v1.NewP4RuntimeClient(conn), addr: net.UDPAddrFromAddrPort(s.Socket.LocalAddr())}
	for i := 1; i <= packettest.Ports; i++ {
		conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		p.conns[i] = conn
	}
	return p
}

func (p *udpTarget) P4Runtime() (p4v1.P4RuntimeClient, uint64) { return p.client, udpDeviceID }

func (p *udpTarget) DeviceConfig() []byte { return nil }

func (p *udpTarget) Host(port int) packettest.Host {
	h := packettest.DefaultHost(port)
	h.Addr = p.conns[port].LocalAddr().(*net.UDPAddr).AddrPort()
	return h
}

func (p *udpTarget) Lacks(f packettest.Features) string {
	switch {
	case f&packettest.Fabric != 0:
		return "an end-host sequencer has no ports to other switches"
	case f&packettest.Routes != 0:
		return "an end-host sequencer does not route packets"
	case f&packettest.Preload != 0:
		return "only the tests of sequencer/udp can set its message numbers"
	case f&packettest.Frames != 0:
		return "an end-host sequencer sees only datagrams"
	}
	return ""
}

func (p *udpTarget) Preload(uint16, uint32, uint64) error { return errors.ErrUnsupported }

func (p *udpTarget) Inject(port int, frame []byte) error {
	payload, ok := packettest.UDPPayload(frame)
	if !ok {
		return errors.New("the frame carries no UDP datagram")
	}
	_, err := p.conns[port].WriteToUDP(payload, p.addr)
	return err
}

func (p *udpTarget) Receive(port int, deadline time.Time) ([]byte, error) {
	conn := p.conns[port]
	if err := conn.SetReadDeadline(deadline); err != nil {
		return nil, err
	}
	buffer := make([]byte, 1<<16)
	n, err := conn.Read(buffer)
	if err != nil {
		return nil, err
	}
	return datagram(conn.LocalAddr().(*net.UDPAddr).AddrPort(), buffer[:n]), nil
}

func (p *udpTarget) Visible(frame []byte) []byte {
	payload, ok := packettest.UDPPayload(frame)
	if !ok {
		panic(fmt.Sprintf("a case without the feature Frames expects a frame without UDP: % x", frame))
	}
	return datagram(packettest.UDPDestination(frame), payload)
}

// Counted returns the length of the UDP payload.
func (p *udpTarget) Counted(frame []byte) int {
	payload, _ := packettest.UDPPayload(frame)
	return len(payload)
}

// datagram returns a frame with a payload and its destination, and fixed values in all other fields.
func datagram(to netip.AddrPort, payload []byte) []byte {
	return packettest.Packet{
		TTL: 1, Src: netip.AddrPortFrom(netip.IPv4Unspecified(), 0), Dst: to, Payload: payload,
	}.Frame()
}
