package udp_test

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"testing"
	"time"

	p4v1 "github.com/p4lang/p4runtime/go/p4/v1"

	"github.com/netordered/nopaxos/lab/packettest"
	"github.com/netordered/nopaxos/sequencer/udp"
)

// TestPackets runs the suite that the switch program has to pass on the end-host sequencer.
func TestPackets(t *testing.T) {
	packettest.Run(t, func(t *testing.T) packettest.Target { return newPacketTarget(t) })
}

// TestConduct: what a controller sees of this server is what the P4Runtime specification says.
func TestConduct(t *testing.T) {
	packettest.RunConduct(t, packettest.Specification, func(t *testing.T) packettest.Target { return newPacketTarget(t) })
}

// packetTarget is a running sequencer, and a socket at each of its ports. An end host's ports are the
// addresses that it sends to and receives from; frames go in and come out without their headers.
type packetTarget struct {
	client p4v1.P4RuntimeClient
	addr   *net.UDPAddr // of the sequencer
	plane  *udp.DataPlane
	conns  [packettest.Ports + 1]*net.UDPConn
}

func newPacketTarget(t testing.TB) *packetTarget {
	t.Helper()
	client, addr, plane := startSequencer(t)
	p := &packetTarget{client: client, addr: net.UDPAddrFromAddrPort(addr), plane: plane}
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

func (p *packetTarget) P4Runtime() (p4v1.P4RuntimeClient, uint64) { return p.client, 1 }

func (p *packetTarget) DeviceConfig() []byte { return nil }

func (p *packetTarget) Host(port int) packettest.Host {
	h := packettest.DefaultHost(port)
	h.Addr = p.conns[port].LocalAddr().(*net.UDPAddr).AddrPort()
	return h
}

func (p *packetTarget) Lacks(f packettest.Features) string {
	switch {
	case f&packettest.Fabric != 0:
		return "an end-host sequencer has no ports to other switches"
	case f&packettest.Routes != 0:
		return "an end-host sequencer is on no packet's path and routes nothing"
	case f&packettest.Frames != 0:
		return "an end-host sequencer sees datagrams; what is below is its host's"
	}
	return ""
}

func (p *packetTarget) Preload(cell uint16, session uint32, number uint64) error {
	p.plane.Preload(cell, session, number)
	return nil
}

func (p *packetTarget) Inject(port int, frame []byte) error {
	payload, ok := packettest.UDPPayload(frame)
	if !ok {
		return errors.New("the frame carries no UDP datagram")
	}
	_, err := p.conns[port].WriteToUDP(payload, p.addr)
	return err
}

func (p *packetTarget) Receive(port int, deadline time.Time) ([]byte, error) {
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

func (p *packetTarget) Visible(frame []byte) []byte {
	payload, ok := packettest.UDPPayload(frame)
	if !ok {
		panic(fmt.Sprintf("a case for every data plane expects a frame without UDP: % x", frame))
	}
	return datagram(packettest.UDPDestination(frame), payload)
}

// Counted: an end host counts what it sees.
func (p *packetTarget) Counted(frame []byte) int {
	payload, _ := packettest.UDPPayload(frame)
	return len(payload)
}

// datagram is a frame with nothing of its own but the destination.
func datagram(to netip.AddrPort, payload []byte) []byte {
	return packettest.Packet{
		TTL: 1, Src: netip.AddrPortFrom(netip.IPv4Unspecified(), 0), Dst: to, Payload: payload,
	}.Frame()
}
