package transport

import (
	"net/netip"
	"time"
)

// Handler is a node. All its methods are called from one goroutine, the node's event loop, so it
// needs no locks. now is monotonic time since an origin that is the same for the life of the
// process.
type Handler interface {
	// Datagram hands over one datagram. b is valid only during the call; its backing array
	// may be written to.
	Datagram(now time.Duration, from netip.AddrPort, b []byte)
	// Bulk hands over one message from the bulk channel. The handler owns b.
	Bulk(now time.Duration, b []byte)
	// Tick is called when Deadline has passed, and may be called early.
	Tick(now time.Duration)
	// Deadline returns when Tick wants to be called next, or monotime.Never.
	Deadline() time.Duration
	// Flush is called after every batch of the calls above, before the loop waits: what the
	// handler has to say goes out here, as one batch.
	Flush(now time.Duration)
}

// Network is what a handler sends with. It may be used only from the handler's event loop.
type Network interface {
	// Send queues one datagram; b is copied. Like UDP it may lose it without a word.
	Send(to netip.AddrPort, b []byte)
	// SendBulk queues a message of any size up to MaxBulk for the bulk channel (TCP) at to.
	// The network owns b from here on. A message is delivered whole or not at all; it is lost
	// when the connection breaks or its queue is full, so callers retry like with datagrams.
	SendBulk(to netip.AddrPort, b []byte)
	// LocalAddr is the address that datagrams are received at and sent from.
	LocalAddr() netip.AddrPort
}

// Peer is where another node is reached.
type Peer struct {
	Addr netip.AddrPort // UDP: datagrams
	Bulk netip.AddrPort // TCP: messages that are longer than a datagram
}

// MaxBulk is the largest message, in bytes, that the bulk channel carries.
const MaxBulk = 1 << 28
