package transport

import "sync/atomic"

// Stats counts what a UDP transport did since its start.
type Stats struct {
	DatagramsIn    uint64 // received, whatever became of them
	BytesIn        uint64
	DatagramsOut   uint64 // handed to the kernel
	BytesOut       uint64
	ReceiveTooLong uint64 // datagrams dropped because they were longer than the MTU
	ReceiveDropped uint64 // datagrams dropped by SetDrop
	ReceiveErrors  uint64 // errors of the receiving system call that pass
	SendTooLong    uint64 // datagrams dropped because they were longer than the MTU
	SendBadAddress uint64 // datagrams dropped because the socket cannot send to such an address
	SendFailed     uint64 // datagrams that the kernel refused, for want of buffers or of a route

	BulkIn      uint64 // messages received
	BulkOut     uint64 // messages handed to the kernel
	BulkDropped uint64 // messages not sent: queue full, peer not reachable, connection broken
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

// counters has two copies of the loop's counters: one that the loop adds to, and one that others
// may read, updated once per batch. The bulk channel's goroutines count in atomics directly.
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
