package transport

import "sync/atomic"

// Stats are the counters of a UDP transport since its start.
type Stats struct {
	DatagramsIn    uint64 // received, including those dropped
	BytesIn        uint64
	DatagramsOut   uint64 // handed to the kernel
	BytesOut       uint64
	ReceiveTooLong uint64 // datagrams dropped because they were longer than the MTU
	ReceiveDropped uint64 // datagrams dropped by SetDrop
	ReceiveErrors  uint64 // transient errors of the receiving system call
	SendTooLong    uint64 // datagrams dropped because they were longer than the MTU
	SendBadAddress uint64 // datagrams dropped because the socket cannot send to such an address
	SendFailed     uint64 // datagrams that the kernel refused, for lack of buffers or of a route

	BulkIn      uint64 // messages received
	BulkOut     uint64 // messages handed to the kernel
	BulkDropped uint64 // messages not sent: queue full, peer unreachable, connection broken
	BulkRefused uint64 // incoming connections closed: a length above MaxBulk, or no memory left
}

type counter int

const (
	datagramsIn counter = iota
	bytesIn
	datagramsOut
	bytesOut
	receiveTooLong
	receiveDropped
	receiveError
	sendTooLong
	sendBadAddress
	sendFailed
	numCounters
)

// counters holds two copies of the loop's counters: the loop adds to one and updates the other, which any
// goroutine may read, once per batch. The goroutines of the bulk channel add to atomics directly.
type counters struct {
	loop      [numCounters]uint64
	published [numCounters]atomic.Uint64

	bulkIn, bulkOut, bulkDropped, bulkRefused atomic.Uint64
}

func (c *counters) add(which counter, n uint64) { c.loop[which] += n }

func (c *counters) publish() {
	for i, n := range c.loop {
		if c.published[i].Load() != n {
			c.published[i].Store(n)
		}
	}
}

func (c *counters) read() Stats {
	p := func(which counter) uint64 { return c.published[which].Load() }
	return Stats{
		DatagramsIn:    p(datagramsIn),
		BytesIn:        p(bytesIn),
		DatagramsOut:   p(datagramsOut),
		BytesOut:       p(bytesOut),
		ReceiveTooLong: p(receiveTooLong),
		ReceiveDropped: p(receiveDropped),
		ReceiveErrors:  p(receiveError),
		SendTooLong:    p(sendTooLong),
		SendBadAddress: p(sendBadAddress),
		SendFailed:     p(sendFailed),
		BulkIn:         c.bulkIn.Load(),
		BulkOut:        c.bulkOut.Load(),
		BulkDropped:    c.bulkDropped.Load(),
		BulkRefused:    c.bulkRefused.Load(),
	}
}
