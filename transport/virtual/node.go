package virtual

import (
	"net/netip"
	"time"

	"github.com/netordered/nopaxos/monotime"
	"github.com/netordered/nopaxos/transport"
)

const (
	// timerStep is the least time between a node's call of Tick and its next one: a handler
	// whose deadline stays in the past must not stop time.
	timerStep = time.Microsecond
	// socketBuffer is how many messages wait for a paused node; more are lost.
	socketBuffer = 4096
)

// Node is a place in the network with an address. It is the [transport.Network] of the handler
// that runs on it.
type Node struct {
	net     *Network
	addr    netip.AddrPort
	handler transport.Handler
	clock   clock
	armed   time.Duration // when the timer fires that counts; Never if none is set
	started bool          // the first Tick was
	paused  bool
	stopped bool
	inbox   []*event // what arrived while paused
}

var _ transport.Network = (*Node)(nil)

// LocalAddr returns the node's address.
func (nd *Node) LocalAddr() netip.AddrPort { return nd.addr }

// now returns the time by the node's own clock.
func (nd *Node) now() time.Duration { return nd.clock.local(nd.net.now) }

// Send sends a datagram.
func (nd *Node) Send(to netip.AddrPort, b []byte) {
	if !nd.stopped {
		nd.net.sendDatagram(nd.addr, to, b)
	}
}

// SendBulk sends a message on the bulk channel. It is lost if the node that has the address now
// stops before it arrives, as a connection breaks with its end.
func (nd *Node) SendBulk(to netip.AddrPort, b []byte) {
	if !nd.stopped {
		nd.net.sendBulk(nd.addr, to, b)
	}
}

// Start runs h on the node from now on, beginning with Tick and Flush. A node runs one handler in
// its life.
func (nd *Node) Start(h transport.Handler) {
	nd.handler = h
	nd.arm(nd.net.now)
}

// Stop ends the node as a crash does: its handler is not called again, what it sends is ignored, and
// its address is free. Datagrams on their way to the address reach whoever has it by then.
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

// Pause stops the handler's time, as SIGSTOP does: what arrives waits, as much as a socket's buffer
// takes.
func (nd *Node) Pause() { nd.paused = true }

// Resume ends a pause: what has waited happens now, in order.
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

// Post runs f on the node's event loop, between two calls of its handler. It is lost with the node.
func (nd *Node) Post(f func(now time.Duration)) {
	ev := nd.net.queue.newEvent()
	ev.kind, ev.node, ev.call = Call, nd, f
	nd.net.queue.Push(nd.net.now, ev)
}

// SetClock makes the node's clock run faster than the network's by ppm parts per million (slower
// if negative; more than -1e6), from what it shows now plus jump, which must not be negative:
// clocks are monotonic.
func (nd *Node) SetClock(ppm int64, jump time.Duration) {
	nd.clock = clock{global: nd.net.now, shown: nd.now() + jump, ppm: ppm}
	if nd.armed != monotime.Never {
		nd.arm(nd.net.now) // the deadline may have come nearer
	}
}

// keep stores an event for after the pause and reports whether there was room.
func (nd *Node) keep(ev *event) bool {
	if ev.kind != Tick && ev.kind != Call && len(nd.inbox) >= socketBuffer {
		return false
	}
	nd.inbox = append(nd.inbox, ev)
	return true
}

// run lets the handler have one event, and what a loop does behind every batch.
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

// fire takes note that the timer has fired and reports whether the handler waits for it. If its
// deadline has moved to later since, the timer is set anew instead.
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

// arm makes the timer fire at time at or earlier. A timer that was set for later is left in the
// queue and ignored there; one that was set for earlier serves, so that a deadline that moves with
// every message costs nothing.
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
