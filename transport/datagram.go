package transport

import (
	"net"
	"net/netip"
	"time"
)

// datagram is a received datagram.
type datagram struct {
	from netip.AddrPort
	data []byte
	long bool // it exceeds the MTU, to which data is truncated
}

var origin = time.Now()

// Now returns the time that every UDP transport of this process passes to its handler: monotonic time since
// the process started.
func Now() time.Duration { return time.Since(origin) }

// bind opens a socket with the standard library, whose errors name the address.
func bind(address string) (*net.UDPConn, netip.AddrPort, error) {
	addr, err := net.ResolveUDPAddr("udp", address)
	if err != nil {
		return nil, netip.AddrPort{}, err
	}
	conn, err := net.ListenUDP("udp", addr)
	if err != nil {
		return nil, netip.AddrPort{}, err
	}
	return conn, unmap(conn.LocalAddr().(*net.UDPAddr).AddrPort()), nil
}

// unmap converts an IPv4-mapped IPv6 address to IPv4.
func unmap(a netip.AddrPort) netip.AddrPort { return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()) }
