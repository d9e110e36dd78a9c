package packettest_test

import (
	"net"
	"testing"
	"time"

	"github.com/netordered/nopaxos/lab/packettest"
)

// BenchmarkUDP measures the path of a request through the end-host sequencer.
func BenchmarkUDP(b *testing.B) {
	target := newUDPTarget(b)
	packettest.Measure(b, target, newSocketPath(target, target.addr))
}

// BenchmarkSockets measures the same path without a sequencer, from one socket to another.
func BenchmarkSockets(b *testing.B) {
	target := newUDPTarget(b)
	path := newSocketPath(target, net.UDPAddrFromAddrPort(target.Host(2).Addr))
	b.Run("latency", func(b *testing.B) {
		packettest.MeasureWire(b, path, target.Host(1), target.Host(2))
	})
}

// socketPath is the path from the socket at a port through an address to the sockets at the others.
type socketPath struct {
	conns   [packettest.Ports + 1]*net.UDPConn
	buffers [packettest.Ports + 1][]byte
	to      *net.UDPAddr
}

func newSocketPath(target *udpTarget, to *net.UDPAddr) *socketPath {
	s := &socketPath{conns: target.conns, to: to}
	for p := range s.buffers {
		s.buffers[p] = make([]byte, 1<<11)
	}
	return s
}

// Prepare returns the UDP payload of a frame.
func (s *socketPath) Prepare(frame []byte) []byte {
	payload, _ := packettest.UDPPayload(frame)
	return payload
}

func (s *socketPath) Inject(port int, payload []byte) error {
	_, err := s.conns[port].WriteToUDP(payload, s.to)
	return err
}

func (s *socketPath) Receive(port int, deadline time.Time) ([]byte, error) {
	if err := s.conns[port].SetReadDeadline(deadline); err != nil {
		return nil, err
	}
	n, err := s.conns[port].Read(s.buffers[port])
	return s.buffers[port][:n], err
}
