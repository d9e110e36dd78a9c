package oumlib

import (
	"fmt"
	"net/netip"
	"sync/atomic"
)

// TooLargeError reports a payload that does not fit a datagram of the path MTU.
type TooLargeError struct {
	Size  int // length of the payload in bytes
	Limit int // longest payload in bytes
}

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("oumlib: payload is %d bytes long, the limit is %d", e.Size, e.Limit)
}

// Sender builds the datagrams for a group and knows the address of the group's current sequencer. Its methods may
// be called from any goroutine.
type Sender struct {
	group uint32
	mtu   int
	addr  atomic.Pointer[netip.AddrPort]
}

// NewSender returns a sender to group over paths that carry UDP payloads of up to mtu bytes.
func NewSender(group uint32, mtu int) *Sender { return &Sender{group: group, mtu: mtu} }

// SetAddr sets the address of the sequencer. An invalid address means that no sequencer is known.
func (s *Sender) SetAddr(addr netip.AddrPort) { s.addr.Store(&addr) }

// Addr returns the address to send datagrams to. It is invalid while no sequencer is known.
func (s *Sender) Addr() netip.AddrPort {
	if addr := s.addr.Load(); addr != nil {
		return *addr
	}
	return netip.AddrPort{}
}

// maxPayload returns the longest payload, in bytes, that Append accepts.
func (s *Sender) maxPayload() int { return max(s.mtu-HeaderLen, 0) }

// Append appends a datagram with payload to dst. If the datagram would exceed the MTU, it returns dst unchanged
// and a *TooLargeError.
func (s *Sender) Append(dst, payload []byte) ([]byte, error) {
	if len(payload) > s.maxPayload() {
		return dst, &TooLargeError{Size: len(payload), Limit: s.maxPayload()}
	}
	dst = AppendHeader(dst, Header{Group: s.group})
	return append(dst, payload...), nil
}
