package oumlib

import (
	"fmt"
	"net/netip"
	"sync/atomic"
)

// TooLargeError says that a payload does not fit a datagram of the group's path MTU.
type TooLargeError struct {
	Size  int // length of the payload in bytes
	Limit int // longest payload in bytes
}

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("oumlib: payload is %d bytes long, the limit is %d", e.Size, e.Limit)
}

// Sender makes the datagrams that go to a group. It knows the group's current sequencer: whoever
// watches the controller calls SetAddr, from any goroutine; the other methods keep no state.
type Sender struct {
	group uint32
	mtu   int
	addr  atomic.Pointer[netip.AddrPort]
}

// NewSender returns a sender to group over paths that carry UDP payloads of up to mtu bytes.
func NewSender(group uint32, mtu int) *Sender { return &Sender{group: group, mtu: mtu} }

// SetAddr sets where datagrams for the group go from now on. An invalid address means that no
// sequencer is known.
func (s *Sender) SetAddr(addr netip.AddrPort) { s.addr.Store(&addr) }

// Addr returns where datagrams for the group go; it is not valid while no sequencer is known.
func (s *Sender) Addr() netip.AddrPort {
	if addr := s.addr.Load(); addr != nil {
		return *addr
	}
	return netip.AddrPort{}
}

// MaxPayload is the longest payload, in bytes, that Append accepts.
func (s *Sender) MaxPayload() int { return max(s.mtu-HeaderLen, 0) }

// Append appends a datagram with payload to dst. The error is a *TooLargeError if the datagram
// would exceed the MTU; dst is then returned as it was.
func (s *Sender) Append(dst, payload []byte) ([]byte, error) {
	if len(payload) > s.MaxPayload() {
		return dst, &TooLargeError{Size: len(payload), Limit: s.MaxPayload()}
	}
	dst = AppendHeader(dst, Header{Group: s.group})
	return append(dst, payload...), nil
}
