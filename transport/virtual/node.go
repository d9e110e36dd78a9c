package virtual

import (
	"net/netip"
	"time"

	"github.com/netordered/nopaxos/monotime"
	"github.com/netordered/nopaxos/transport"
)

const (
	// timerStep is the least time between two calls of a node's Tick. Without it, a handler whose deadline
	// stays in the past would stop time.
	timerStep = time.Microsecond
	// socketBuffer is the most messages that wait for a paused node; further ones are lost.
	socketBuffer = 4096
)

// Node is a host in the network. It is the [transport.Network] of the handler that runs on it.
type Node struct {
	net     *Network
	addr    netip.AddrPort
	handler transport.Handler
	clock   clock
	armed   time.Duration // time at which the timer fires; Never: not set
	started bool          // the first Tick was called
	paused  bool
	stopped bool
	inbox   []*event // events that arrived while paused
}

var _ transport.Network = (*Node)(nil)

// LocalAddr returns the node's address.
func (nd *Node) LocalAddr() netip.AddrPort { return nd.addr }

// now returns the time by the node's clock.
func (nd *Node) now() time.Duration { return nd.clock.local(nd.net.now) }

// Send sends a datagram.
func (nd *Node) Send(to netip.AddrPort, b []byte) {
	if !nd.stopped {
		nd.net.sendDatagram(nd.addr, to, b)
	}
}

// SendBulk sends a message on the bulk channel. The message is lost if the node that has the address now
// stops before it arrives, since that breaks the connection.
func (nd *Node) SendBulk(to netip.AddrPort, b []byte) {
	if !nd.stopped {
		nd.net.sendBulk(nd.addr, to, b)
	}
}

// Start runs h on the node, with Tick and Flush as the first calls. It is called at most once.
func (nd *Node) Start(h transport.Handler) {
	nd.handler = h
	nd.arm(nd.net.now)
}

// Stop crashes the node: its handler is not called again, its sends are ignored, and its address is free.
// Datagrams in flight reach the node that has the address when they arrive.
func (nd *Node) Stop() {
	if nd.stopped {
		return
	}
	nd.stopped = true
	if nd.net.nodes[nd.addr] == nd {
		delete(nd.net.nodes, nd.addr)
	}
	for _, ev := range nd.inbox {
		nd.net.release(ev)
	}
	nd.inbox = nil
}

// Pause stops the handler, like SIGSTOP. Arriving messages wait, as far as a socket's buffer holds them.
func (nd *Node) Pause() { nd.paused = true }

// Resume ends a pause. The events that waited are executed now, in order.
func (nd *Node) Resume() {
	nd.paused = false
	for _, ev := range nd.inbox {
		if ev.kind == Tick {
			nd.armed = nd.net.now
		}
		nd.net.queue.Push(nd.net.now, ev)
	}
	nd.inbox = nd.inbox[:0]
}

// Post runs f on the node's event loop, between two calls of its handler. If the node stops first, f is lost.
func (nd *Node) Post(f func(now time.Duration)) {
	ev := nd.net.queue.newEvent()
	ev.kind, ev.node, ev.call = Call, nd, f
	nd.net.queue.Push(nd.net.now, ev)
}

// SetClock advances the node's clock by jump, which must not be negative since clocks are monotonic, and makes
// it run faster than the network's by ppm parts per million. A negative ppm, above -1e6, makes it run slower.
func (nd *Node) SetClock(ppm int64, jump time.Duration) {
	nd.clock = clock{global: nd.net.now, shown: nd.now() + jump, ppm: ppm}
	if nd.armed != monotime.Never {
		nd.arm(nd.net.now) // the deadline may now be earlier
	}
}

// keep stores an event until the pause ends and reports whether there was room.
func (nd *Node) keep(ev *event) bool {
	if ev.kind != Tick && ev.kind != Call && len(nd.inbox) >= socketBuffer {
		return false
	}
	nd.inbox = append(nd.inbox, ev)
	return true
}

// run passes one event to the handler, then calls Flush and sets the timer, as after every batch.
func (nd *Node) run(ev *event) {
	now := nd.now()
	switch ev.kind {
	case Datagram:
		nd.handler.Datagram(now, ev.from, ev.data)
	case Bulk:
		nd.handler.Bulk(now, ev.data)
	case Call:
		ev.call(now)
	case Tick:
		nd.handler.Tick(now)
	}
	nd.handler.Flush(now)
	if nd.stopped {
		return
	}
	at := nd.clock.when(nd.handler.Deadline())
	if ev.kind == Tick {
		at = max(at, nd.net.now+timerStep)
	}
	nd.arm(at)
}

// fire handles the timer and reports whether to call Tick. If the deadline has moved to a later time, it
// sets the timer again instead.
func (nd *Node) fire() bool {
	nd.armed = monotime.Never
	if !nd.started {
		nd.started = true
		return true
	}
	at := nd.clock.when(nd.handler.Deadline())
	if at > nd.net.now {
		nd.arm(at)
		return false
	}
	return true
}

// arm makes the timer fire at time at or earlier. A timer set for a later time stays in the queue and is
// ignored when it fires. One set for an earlier time is kept, so that a deadline that moves with every
// message costs nothing.
func (nd *Node) arm(at time.Duration) {
	at = max(at, nd.net.now)
	if at >= nd.armed {
		return
	}
	nd.armed = at
	ev := nd.net.queue.newEvent()
	ev.kind, ev.node = Tick, nd
	nd.net.queue.Push(at, ev)
}
