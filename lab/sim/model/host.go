package model

import (
	"net/netip"
	"time"

	"github.com/netordered/nopaxos/transport"
	"github.com/netordered/nopaxos/transport/virtual"
)

const (
	// batch is the maximum number of datagrams in a turn of the loop, as in transport.UDP.
	batch = transport.DefaultBatch
	// queueLimit is the maximum number of datagrams that wait for a host's loop, as in a socket buffer of some
	// megabytes. More are lost.
	queueLimit = 4096
)

// host is a server with one CPU, which runs one event loop. It works like transport.UDP, but its turns take virtual
// time: a turn takes a batch of arrived messages, passes them to the handler, and sends the handler's messages. Its
// CPU time has a part for the turn, and parts for every datagram and operation. Meanwhile arrivals and timers wait.
// The handler sees the time of the turn's start.
//
// A host is a handler of the virtual network, and the network of its handler.
type host struct {
	net     *network
	node    *virtual.Node
	handler transport.Handler
	started bool

	queue    []arrival // from head on
	head     int
	posts    []func(now time.Duration)
	staged   []departure
	memory   [][]byte
	executed int // operations in this turn

	receive   time.Duration // when the receiving direction of the link is free
	transmit  time.Duration // when the sending direction is free
	busyUntil time.Duration

	turnAt time.Duration // start of the current turn
	taken  int           // datagrams received in it

	work work
}

// work counts what a host did.
type work struct {
	Busy     time.Duration // CPU time
	Received uint64        // datagrams
	Sent     uint64        // datagrams
	Executed uint64        // operations
	Overflow uint64        // datagrams lost to a full queue
}

// minus returns the work since an earlier reading.
func (w work) minus(o work) work {
	return work{
		Busy: w.Busy - o.Busy, Received: w.Received - o.Received, Sent: w.Sent - o.Sent,
		Executed: w.Executed - o.Executed, Overflow: w.Overflow - o.Overflow,
	}
}

// arrival is a message that waits for the loop.
type arrival struct {
	from  netip.AddrPort
	data  []byte
	ready time.Duration // arrival of its last bit
	bulk  bool
}

// departure is a message to be sent at the end of a turn.
type departure struct {
	to   netip.AddrPort
	data []byte
	bulk bool
}

var (
	_ transport.Handler = (*host)(nil)
	_ transport.Network = (*host)(nil)
)

// start runs a handler on the host.
func (h *host) start(handler transport.Handler) {
	h.handler = handler
	h.node.Start(h)
}

// Datagram queues a datagram.
func (h *host) Datagram(now time.Duration, from netip.AddrPort, b []byte) {
	h.arrive(now, arrival{from: from, data: append(h.buffer(), b...)})
}

// Bulk queues a message of the bulk channel, which takes as many datagrams as it needs.
func (h *host) Bulk(now time.Duration, b []byte) { h.arrive(now, arrival{data: b, bulk: true}) }

func (h *host) arrive(now time.Duration, a arrival) {
	if len(h.queue)-h.head >= queueLimit {
		h.work.Overflow++
		return
	}
	h.receive = max(h.receive, now) + h.net.costs.serialization(len(a.data))
	a.ready = h.receive
	h.queue = append(h.queue, a)
}

// Tick runs a turn if the CPU is free and work is due.
func (h *host) Tick(now time.Duration) {
	if now >= h.busyUntil && h.wanted() <= now {
		h.turn(now)
	}
}

// wanted is the time of the loop's next work.
func (h *host) wanted() time.Duration {
	if !h.started || len(h.posts) > 0 {
		return 0
	}
	at := h.handler.Deadline()
	if h.head < len(h.queue) {
		at = min(at, h.queue[h.head].ready)
	}
	return at
}

// Deadline is the start of the next turn.
func (h *host) Deadline() time.Duration { return max(h.wanted(), h.busyUntil) }

// Flush does nothing: turns flush.
func (h *host) Flush(time.Duration) {}

// turn is one round of the loop.
func (h *host) turn(now time.Duration) {
	h.turnAt, h.taken, h.executed = now, 0, 0
	for n := 0; n < batch && h.head < len(h.queue) && h.queue[h.head].ready <= now; n++ {
		h.take(now)
	}
	if h.head == len(h.queue) {
		h.queue, h.head = h.queue[:0], 0
	}
	if !h.started || h.handler.Deadline() <= now {
		h.started = true
		h.handler.Tick(now)
	}
	posts := h.posts
	h.posts = nil
	for _, f := range posts {
		f(now)
	}
	h.handler.Flush(now)
	h.busyUntil = h.thought()
	h.send()
	h.busyUntil += h.net.costs.Turn // sleeping and waking up, which delays no message
	h.work.Received += uint64(h.taken)
	h.work.Executed += uint64(h.executed)
	h.work.Busy += h.busyUntil - now
}

// take passes the first queued message to the handler.
func (h *host) take(now time.Duration) {
	a := &h.queue[h.head]
	h.head++
	h.taken += datagrams(len(a.data))
	if a.bulk {
		h.handler.Bulk(now, a.data)
	} else {
		h.handler.Datagram(now, a.from, a.data)
		h.memory = append(h.memory, a.data[:0])
	}
	*a = arrival{}
}

// thought is the time at which the CPU has processed everything received and executed in this turn so far.
func (h *host) thought() time.Duration {
	c := h.net.costs
	return h.turnAt + time.Duration(h.taken)*c.Receive + time.Duration(h.executed)*c.Execute
}

// send sends the turn's messages, one after the other.
func (h *host) send() {
	for i := range h.staged {
		d := &h.staged[i]
		n := datagrams(len(d.data))
		h.work.Sent += uint64(n)
		h.busyUntil += time.Duration(n) * h.net.costs.Send
		h.transmit = max(h.transmit, h.busyUntil) + h.net.costs.serialization(len(d.data))
		h.net.departing = h.transmit
		if d.bulk {
			h.node.SendBulk(d.to, d.data)
		} else {
			h.node.Send(d.to, d.data)
			h.memory = append(h.memory, d.data[:0])
		}
		*d = departure{}
	}
	h.net.departing = 0
	h.staged = h.staged[:0]
}

// datagrams is the number of datagrams in a message.
func datagrams(size int) int { return max(1, (size+transport.DefaultMTU-1)/transport.DefaultMTU) }

// Send sends a datagram at the end of the turn.
func (h *host) Send(to netip.AddrPort, b []byte) {
	h.staged = append(h.staged, departure{to: to, data: append(h.buffer(), b...)})
}

// SendBulk sends a message of the bulk channel at the end of the turn.
func (h *host) SendBulk(to netip.AddrPort, b []byte) {
	h.staged = append(h.staged, departure{to: to, data: b, bulk: true})
}

// LocalAddr is the host's address.
func (h *host) LocalAddr() netip.AddrPort { return h.node.LocalAddr() }

// post runs f on the loop, in the next turn.
func (h *host) post(f func(now time.Duration)) {
	h.node.Post(func(time.Duration) { h.posts = append(h.posts, f) })
}

// buffer returns memory for a datagram.
func (h *host) buffer() []byte {
	if last := len(h.memory) - 1; last >= 0 {
		b := h.memory[last]
		h.memory = h.memory[:last]
		return b
	}
	return nil
}
