package sim

import (
	"time"

	"github.com/netordered/nopaxos/oumlib"
	"github.com/netordered/nopaxos/replica/wire"
)

// Nodes are numbered: replicas, then sequencers, the controller, then clients.

func (s *settings) sequencerNode(i int) int { return s.replicas + i }
func (s *settings) controllerNode() int     { return s.replicas + s.sequencers }
func (s *settings) clientNode(i int) int    { return s.controllerNode() + 1 + i }
func (s *settings) nodes() int              { return s.clientNode(s.clients) }

// network connects the nodes. Cuts are counted, so that overlapping faults may end in any order.
type network struct {
	w       *world
	rng     random
	links   [][]link          // [from][to]
	cuts    [][]int           // [from][to]: faults that cut this direction
	arrival [][]time.Duration // [from][to]: latest arrival so far, for links that keep order
	bulk    [][]time.Duration
	loss    int     // per million, in addition to the settings'
	lossAt  []int   // per receiving node
	slow    []int   // µs, per receiving node
	linger  [][]int // [from][to]: faults that delay this direction
	drop    []int   // stamped datagrams still to be lost, per receiving node
	deaf    []bool  // no stamped datagrams arrive, per receiving node
	calm    bool    // the faults have ended: no random loss
}

// link is one direction between two nodes. The two directions have independent delays.
type link struct {
	least  time.Duration
	jitter time.Duration // mean of the additional delay
}

func newNetwork(w *world, seed uint64) *network {
	n := w.s.nodes()
	net := &network{w: w, rng: stream(seed, purposeNetwork), lossAt: make([]int, n), slow: make([]int, n), drop: make([]int, n), deaf: make([]bool, n)}
	net.lay(stream(seed, purposeLinks))
	for range n {
		net.cuts = append(net.cuts, make([]int, n))
		net.linger = append(net.linger, make([]int, n))
		net.arrival = append(net.arrival, make([]time.Duration, n))
		net.bulk = append(net.bulk, make([]time.Duration, n))
	}
	return net
}

// lay draws every link's delays.
func (n *network) lay(r random) {
	s := n.w.s
	for range s.nodes() {
		links := make([]link, s.nodes())
		for to := range links {
			links[to] = link{least: s.latency, jitter: s.jitter}
			if s.uneven {
				links[to].least *= time.Duration(pick(&r, 1, 1, 2, 6))
				links[to].jitter *= time.Duration(pick(&r, 1, 1, 3, 8))
			}
		}
		n.links = append(n.links, links)
	}
}

func (n *network) connected(from, to int) bool { return from == to || n.cuts[from][to] == 0 }

// datagram sends a copy of b, which may be lost, duplicated, corrupted or late. Sending more than the path's MTU is a
// failure.
func (n *network) datagram(from, to int, b []byte, stamped bool) {
	s := n.w.s
	if len(b) > s.core.MTU {
		n.w.fail(from, "sends %s a datagram of %d bytes, the path carries %d", n.w.name(to), len(b), s.core.MTU)
		return
	}
	if !n.connected(from, to) {
		return
	}
	if stamped && n.deaf[to] {
		return
	}
	if stamped && n.drop[to] > 0 {
		n.drop[to]--
		return
	}
	if !n.calm && (n.rng.chance(s.loss) || n.rng.chance(n.loss) || n.rng.chance(n.lossAt[to])) {
		return
	}
	n.deliver(from, to, b)
	if !n.calm && n.rng.chance(s.duplicate) {
		n.deliver(from, to, b)
	}
}

func (n *network) deliver(from, to int, b []byte) {
	s := n.w.s
	copied := append([]byte(nil), b...)
	if !n.calm && n.rng.chance(s.corrupt) {
		copied = n.corrupt(copied)
	}
	at := n.w.now + n.delay(from, to)
	if s.fifo {
		at = max(at, n.arrival[from][to])
		n.arrival[from][to] = at
	}
	if !n.calm && n.rng.chance(s.straggler) {
		at += n.rng.duration(0, s.late)
	}
	if n.linger[from][to] > 0 {
		at += n.rng.duration(0, lingerMax)
	}
	n.w.push(event{at: at, kind: eventDatagram, node: to, from: from, data: copied})
}

// corrupt damages a datagram, except for the OUM header. A sequencer cannot authenticate the number that it writes;
// only the UDP checksum protects it, and undetected damage to it is outside the failure model.
func (n *network) corrupt(b []byte) []byte {
	first := 0
	if !wire.IsFrame(b) {
		first = oumlib.HeaderLen
	}
	if len(b) <= first {
		return b
	}
	b[first+n.rng.below(len(b)-first)] ^= 1 << n.rng.below(8)
	if n.rng.below(4) == 0 {
		b = b[:first+n.rng.below(len(b)-first)]
	}
	return b
}

func (n *network) delay(from, to int) time.Duration {
	l := &n.links[from][to]
	d := l.least + n.rng.tail(l.jitter)
	if n.slow[to] > 0 {
		d += n.rng.duration(0, time.Duration(n.slow[to])*time.Microsecond)
	}
	return d
}

// stream sends b over the bulk channel: in order, slower, and lost if the connection breaks.
func (n *network) stream(from, to int, b []byte, life int) {
	if !n.connected(from, to) || !n.calm && n.rng.chance(n.w.s.bulkBreak) {
		return
	}
	at := n.w.now + 3*n.delay(from, to) + time.Duration(len(b))*10*time.Nanosecond
	at = max(at, n.bulk[from][to])
	n.bulk[from][to] = at
	n.w.push(event{at: at, kind: eventBulk, node: to, from: from, arg: uint64(life), data: append([]byte(nil), b...)})
}

// cut adds a cut from one node to another, or removes one if delta is -1.
func (n *network) cut(from, to, delta int) {
	if from != to {
		n.cuts[from][to] += delta
	}
}

// cutFault adds or removes the cuts of f.
func (n *network) cutFault(f Fault, delta int) {
	nodes := n.w.s.nodes()
	for other := range nodes {
		switch f.Kind {
		case cutIn:
			n.cut(other, f.Node, delta)
		case cutOut:
			n.cut(f.Node, other, delta)
		case split:
			for to := range nodes {
				if f.Arg>>other&1 != f.Arg>>to&1 {
					n.cut(other, to, delta)
				}
			}
		}
	}
	switch f.Kind {
	case cutPair, mute:
		n.cut(f.Node, f.Arg, delta)
	case isolate:
		for other := range n.w.s.replicas {
			n.cut(other, f.Node, delta)
			n.cut(f.Node, other, delta)
		}
	}
}
