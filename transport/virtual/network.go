package virtual

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/netordered/nopaxos/monotime"
	"github.com/netordered/nopaxos/transport"
)

// Kind is the kind of an event.
type Kind uint8

const (
	// Datagram is the arrival of a datagram at a node.
	Datagram Kind = iota + 1
	// Bulk is the arrival of a message on the bulk channel.
	Bulk
	// Tick is a node's timer, or its start.
	Tick
	// Call is a function passed to Node.Post or Network.At.
	Call
)

func (k Kind) String() string {
	switch k {
	case Datagram:
		return "datagram"
	case Bulk:
		return "bulk"
	case Tick:
		return "tick"
	case Call:
		return "call"
	}
	return fmt.Sprintf("kind-%d", uint8(k))
}

// Event is an event as an observer sees it, just before it takes effect.
type Event struct {
	Time time.Duration
	Kind Kind
	From netip.AddrPort // of Datagram and Bulk
	To   netip.AddrPort // the node; invalid in a Call of Network.At
	Data []byte         // of Datagram and Bulk; must not be kept or changed
}

// Link decides the fate of one message of size bytes sent at now. The message arrives once after each of the
// delays: without a delay it is lost, with several it is duplicated, and a shorter delay than that of an
// earlier message lets it overtake. The function may reuse the slice for the next call.
type Link func(from, to netip.AddrPort, size int, now time.Duration) (delays []time.Duration)

// Network is a set of nodes, the messages in flight between them, and the time. One goroutine must make all
// calls of its methods and of its nodes'.
type Network struct {
	now      time.Duration
	queue    queue
	nodes    map[netip.AddrPort]*Node // looked up, never iterated over
	datagram Link
	bulk     Link
	observer func(Event)
	buffers  [][]byte // memory of datagrams that have arrived, for reuse
}

// New returns a network without nodes, at time 0, with a link function for datagrams and one for bulk
// messages.
func New(datagram, bulk Link) *Network {
	return &Network{nodes: make(map[netip.AddrPort]*Node), datagram: datagram, bulk: bulk}
}

// SetObserver makes the network call f, unless it is nil, for every event before it takes effect.
func (n *Network) SetObserver(f func(Event)) { n.observer = f }

// Now returns the network's time.
func (n *Network) Now() time.Duration { return n.now }

// At runs f at time t, or at the present time if t has passed. Tests inject faults with it.
func (n *Network) At(t time.Duration, f func(now time.Duration)) {
	ev := n.queue.newEvent()
	ev.kind, ev.call = Call, f
	n.queue.Push(max(t, n.now), ev)
}

// Attach adds a node with the address addr and stops a node that already has it. The new node receives
// nothing until Start. Its clock shows the network's time until SetClock.
func (n *Network) Attach(addr netip.AddrPort) *Node {
	if old := n.nodes[addr]; old != nil {
		old.Stop()
	}
	node := &Node{net: n, addr: addr, clock: clock{global: n.now, shown: n.now}, armed: monotime.Never}
	n.nodes[addr] = node
	return node
}

// Step executes the earliest event. It returns false if there is none.
func (n *Network) Step() bool {
	if n.queue.Len() == 0 {
		return false
	}
	at, ev := n.queue.Pop()
	n.now = at
	n.execute(at, ev)
	return true
}

// RunUntil executes all events up to and including time t and advances the time to t.
func (n *Network) RunUntil(t time.Duration) {
	for n.queue.Len() > 0 && n.queue.Next() <= t {
		n.Step()
	}
	n.now = max(n.now, t)
}

// execute executes an event. It drops events of stopped nodes and keeps those of paused ones.
func (n *Network) execute(at time.Duration, ev *event) {
	node := ev.node
	if ev.kind == Datagram {
		node = n.nodes[ev.to]
	}
	switch {
	case ev.kind == Call && node == nil: // of Network.At
		n.observe(ev)
		ev.call(n.now)
	case node == nil || node.stopped || node.handler == nil:
	case ev.kind == Tick && at != node.armed: // the timer was set to another time
	case node.paused:
		if node.keep(ev) {
			return
		}
	case ev.kind == Tick && !node.fire():
	default:
		n.observe(ev)
		node.run(ev)
	}
	n.release(ev)
}

func (n *Network) observe(ev *event) {
	if n.observer == nil {
		return
	}
	to := ev.to
	if ev.node != nil {
		to = ev.node.addr
	}
	n.observer(Event{Time: n.now, Kind: ev.kind, From: ev.from, To: to, Data: ev.data})
}

func (n *Network) release(ev *event) {
	if ev.kind == Datagram {
		n.buffers = append(n.buffers, ev.data[:0])
	}
	n.queue.release(ev)
}

// copy returns a copy of b in reused memory.
func (n *Network) copy(b []byte) []byte {
	var mem []byte
	if last := len(n.buffers) - 1; last >= 0 {
		mem, n.buffers = n.buffers[last], n.buffers[:last]
	}
	return append(mem, b...)
}

func (n *Network) sendDatagram(from, to netip.AddrPort, b []byte) {
	for _, delay := range n.datagram(from, to, len(b), n.now) {
		ev := n.queue.newEvent()
		ev.kind, ev.from, ev.to, ev.data = Datagram, from, to, n.copy(b)
		n.queue.Push(n.now+max(delay, 0), ev)
	}
}

func (n *Network) sendBulk(from, to netip.AddrPort, b []byte) {
	target := n.nodes[to]
	if target == nil || len(b) > transport.MaxBulk {
		return
	}
	for i, delay := range n.bulk(from, to, len(b), n.now) {
		ev := n.queue.newEvent()
		ev.kind, ev.from, ev.to, ev.node, ev.data = Bulk, from, to, target, b
		if i > 0 { // the receiver owns each arrival
			ev.data = append([]byte(nil), b...)
		}
		n.queue.Push(n.now+max(delay, 0), ev)
	}
}
