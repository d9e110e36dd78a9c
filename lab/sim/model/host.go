package model

import (
	"net/netip"
	"time"

	"github.com/netordered/nopaxos/transport"
	"github.com/netordered/nopaxos/transport/virtual"
)

const (
	// batch is how many datagrams one turn of the loop takes at most, that of transport.UDP.
	batch = transport.DefaultBatch
	// queueLimit is how many datagrams a host keeps for its loop; more are lost. It is what a socket buffer of
	// some megabytes holds.
	queueLimit = 4096
)

// host is a server with one CPU, which runs one event loop: the way of transport.UDP in virtual time that passes.
// A turn takes what has arrived, at most a batch, hands it to the handler, and sends what the handler wants to
// send. It costs CPU time, for itself and for what was received, executed and sent; meanwhile what arrives waits,
// and so do timers. The handler is told the time at the turn's start.
//
// To the virtual network a host is a handler, and to its handler it is a network.
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

	receive   time.Duration // when the receiving side of the host's link is free
	transmit  time.Duration // when the sending side is
	busyUntil time.Duration

	turnAt time.Duration // when the turn under way began
	taken  int           // datagrams that it received

	work Work
}

// Work is what a host did.
type Work struct {
	Busy     time.Duration // CPU time
	Received uint64        // datagrams
	Sent     uint64        // datagrams
	Executed uint64        // operations
	Overflow uint64        // datagrams lost because the queue was full
}

// minus is the work since an earlier reading.
func (w Work) minus(o Work) Work {
	return Work{
		Busy: w.Busy - o.Busy, Received: w.Received - o.Received, Sent: w.Sent - o.Sent,
		Executed: w.Executed - o.Executed, Overflow: w.Overflow - o.Overflow,
	}
}

// arrival is a message that waits for the loop.
type arrival struct {
	from  netip.AddrPort
	data  []byte
	ready time.Duration // the last bit has come
	bulk  bool
}

// departure is a message that a turn sends.
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

// Datagram queues what arrives.
func (h *host) Datagram(now time.Duration, from netip.AddrPort, b []byte) {
	h.arrive(now, arrival{from: from, data: append(h.buffer(), b...)})
}

// Bulk queues a message of the bulk channel, which is as many datagrams as it needs.
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

// Tick begins a turn, if the CPU is free and there is something to do.
func (h *host) Tick(now time.Duration) {
	if now >= h.busyUntil && h.wanted() <= now {
		h.turn(now)
	}
}

// wanted is when the loop has something to do next.
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

// Deadline is when the next turn begins.
func (h *host) Deadline() time.Duration { return max(h.wanted(), h.busyUntil) }

// Flush has nothing to do: a turn flushes.
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
	h.busyUntil += h.net.costs.Turn // falling asleep and waking up, which the answer does not wait for
	h.work.Received += uint64(h.taken)
	h.work.Executed += uint64(h.executed)
	h.work.Busy += h.busyUntil - now
}

// take hands the first message of the queue to the handler.
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

// thought is when the CPU has received and executed everything of the turn so far.
func (h *host) thought() time.Duration {
	c := h.net.costs
	return h.turnAt + time.Duration(h.taken)*c.Receive + time.Duration(h.executed)*c.Execute
}

// send sends what the turn wants to send, one after the other.
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

// datagrams is how many a message takes.
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

// post runs f on the loop, in a turn of its own or the next one.
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
