package transport

import (
	"net/netip"
	"time"
)

// Handler is a node. One goroutine, the node's event loop, calls all its methods, so it needs no locks.
// now is monotonic time since an origin that stays the same for the life of the process.
type Handler interface {
	// Datagram handles one datagram. b is valid only during the call; the handler may write to its
	// backing array.
	Datagram(now time.Duration, from netip.AddrPort, b []byte)
	// Bulk handles one message from the bulk channel. The handler owns b.
	Bulk(now time.Duration, b []byte)
	// Tick is called when Deadline has passed, and may be called early.
	Tick(now time.Duration)
	// Deadline returns the time of the next call of Tick, or monotime.Never.
	Deadline() time.Duration
	// Flush is called after every batch of the calls above, before the loop waits. A handler sends its
	// output here, as one batch.
	Flush(now time.Duration)
}

// Network sends a handler's messages. It may be used only from the handler's event loop.
type Network interface {
	// Send queues a copy of b as one datagram. Like UDP it may lose datagrams silently.
	Send(to netip.AddrPort, b []byte)
	// SendBulk queues a message of any size up to MaxBulk for the bulk channel (TCP) at to.
	// The network then owns b. A message is delivered whole or not at all. It is lost if the
	// connection breaks or its queue is full, so callers retry as with datagrams.
	SendBulk(to netip.AddrPort, b []byte)
	// LocalAddr returns the address at which datagrams are received and from which they are sent.
	LocalAddr() netip.AddrPort
}

// Peer holds the addresses of another node.
type Peer struct {
	Addr netip.AddrPort // UDP: datagrams
	Bulk netip.AddrPort // TCP: messages that are longer than a datagram
}

// MaxBulk is the largest message, in bytes, that the bulk channel carries.
const MaxBulk = 1 << 28
