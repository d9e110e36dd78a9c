//go:build !linux

package transport

import (
	"errors"
	"net"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/netordered/nopaxos/monotime"
)

// socket is the portable socket, with one datagram per system call. It is for development only.
type socket struct {
	conn   *net.UDPConn
	v6     bool
	woken  atomic.Bool
	buf    []byte
	size   int // length of the datagram in buf; -1: none
	from   netip.AddrPort
	failed error

	sent, bytes, lost int
}

// shortestWait keeps a read with a deadline from timing out before it has tried to read.
const shortestWait = 50 * time.Microsecond

func openSocket(cfg UDPConfig) (*socket, netip.AddrPort, error) {
	conn, local, err := bind(cfg.Addr)
	if err != nil {
		return nil, netip.AddrPort{}, err
	}
	_ = conn.SetReadBuffer(cfg.socketBuffer)
	_ = conn.SetWriteBuffer(cfg.socketBuffer)
	// One byte beyond the MTU detects a datagram that is too long.
	return &socket{conn: conn, v6: !local.Addr().Is4(), buf: make([]byte, cfg.MTU+1), size: -1}, local, nil
}

func (s *socket) close() { s.conn.Close() }

func (s *socket) precise(bool) {}

func (s *socket) receive() (transient bool, err error) {
	if err := s.failed; err != nil {
		s.failed = nil
		return true, ignoreUnlessClosed(err)
	}
	return false, nil
}

func ignoreUnlessClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}

func (s *socket) next() (d datagram, ok bool) {
	if s.size < 0 {
		return datagram{}, false
	}
	mtu := len(s.buf) - 1
	d = datagram{from: s.from, data: s.buf[:min(s.size, mtu)], long: s.size > mtu}
	s.size = -1
	return d, true
}

func (s *socket) full() bool { return false }

func (s *socket) queue(to netip.AddrPort, b []byte) bool {
	addr := to.Addr().Unmap()
	if !addr.IsValid() || to.Port() == 0 || !s.v6 && !addr.Is4() {
		return false
	}
	if _, err := s.conn.WriteToUDPAddrPort(b, netip.AddrPortFrom(addr, to.Port())); err != nil {
		s.lost++
		return true
	}
	s.sent++
	s.bytes += len(b)
	return true
}

func (s *socket) flush() (sent, bytes, failed int) {
	sent, bytes, failed = s.sent, s.bytes, s.lost
	s.sent, s.bytes, s.lost = 0, 0, 0
	return sent, bytes, failed
}

func (s *socket) wait(timeout time.Duration) {
	if s.size >= 0 {
		return
	}
	var deadline time.Time
	if timeout != monotime.Never {
		deadline = time.Now().Add(max(timeout, shortestWait))
	}
	_ = s.conn.SetReadDeadline(deadline)
	if s.woken.Swap(false) {
		return
	}
	n, from, err := s.conn.ReadFromUDPAddrPort(s.buf)
	var timedOut net.Error
	switch {
	case err == nil:
		s.size, s.from = n, unmap(from)
	case !errors.As(err, &timedOut) || !timedOut.Timeout():
		s.failed = err
	}
}

func (s *socket) wake() {
	s.woken.Store(true)
	_ = s.conn.SetReadDeadline(time.Now())
}
