package sim

import (
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/netordered/nopaxos/cluster/limits"
	"github.com/netordered/nopaxos/internal/clientcore"
	"github.com/netordered/nopaxos/lab/sim/registers"
	"github.com/netordered/nopaxos/replica/wire"
)

// caller is a client's address, at which one client process runs after the other.
type caller struct {
	process
	id  int
	rng random

	// The current client process.
	core     *clientcore.Core
	route    int    // its sequencer; -1 if unknown
	session  uint32 // that the controller announced last
	inFlight int
}

func clientAddr(id int) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 1, 0, 1}), uint16(2000+id))
}

// clientAt returns the number of the client node at an address.
func (w *world) clientAt(a netip.AddrPort) (int, bool) {
	id := int(a.Port()) - 2000
	if id < 0 || id >= w.s.clients || a != clientAddr(id) {
		return 0, false
	}
	return w.s.clientNode(id), true
}

func newCaller(w *world, id int, seed uint64) *caller {
	return &caller{process: process{w: w, node: w.s.clientNode(id)}, id: id, rng: stream(seed, purposeWorkload+uint64(id)<<8)}
}

// start starts a client process. It does not know its predecessors, whose replies may still arrive.
func (c *caller) start() {
	core, err := clientcore.New(clientcore.Config{
		Replicas: c.w.s.replicas, Auth: c.w.keys.Client, ReplyTo: clientAddr(c.id),
		Nonce: func() wire.ClientID { return wire.ClientID{Hi: c.rng.next() | 1, Lo: c.rng.next()} },
		Seed:  c.rng.next(),
		MTU:   c.w.s.core.MTU,
		Client: limits.Client{
			Window: c.w.s.window, MaxWaiting: c.w.s.outstanding,
			MinTimeout: 2 * time.Millisecond, MaxTimeout: 30 * time.Millisecond, MaxPushback: 50 * time.Millisecond,
		},
	})
	if err != nil {
		c.w.fail(c.node, "clientcore.New: %v", err)
		return
	}
	c.boot(&c.rng)
	c.core, c.route, c.session, c.inFlight = core, -1, 0, 0
	for range c.w.s.outstanding {
		c.think()
	}
}

// crash is kill -9. Outstanding operations may or may not be executed, now or later; no client learns the outcome.
func (c *caller) crash(downFor time.Duration) {
	if !c.up {
		return
	}
	c.w.note(c.node, "crashes")
	c.w.history.Abandon(c.id)
	c.up, c.core, c.stalledUntil = false, nil, 0
	c.w.after(downFor, c.start)
}

// think calls the next operation after a pause, unless the load has ended or the client has crashed.
func (c *caller) think() {
	life := c.life
	c.w.after(c.rng.tail(c.w.s.think), func() {
		if c.up && c.life == life && c.w.now < c.w.s.load {
			c.invoke()
		}
	})
}

func (c *caller) invoke() {
	o := c.choose()
	c.w.history.Call(c.id, o, c.w.now)
	c.w.note(c.node, "calls "+o.String())
	c.inFlight++
	if _, err := c.core.Invoke(c.now(), o.UID, o.Encode()); err != nil {
		c.w.fail(c.node, "Invoke: %v", err)
	}
	c.settle()
}

// choose draws the next operation.
func (c *caller) choose() registers.Op {
	s, r := c.w.s, &c.rng
	o := registers.Op{
		UID: c.w.history.Next(), Kind: registers.Kind(r.below(int(registers.Multi))),
		Key: uint8(r.below(registers.Count)), Arg: r.next() % 1000, Wide: r.chance(s.wide),
	}
	if r.chance(s.multi) {
		first := int(o.Key) / s.span * s.span
		o.Kind, o.Keys = registers.Multi, uint8(1<<o.Key|1<<(first+r.below(s.span))|1<<(first+r.below(s.span)))
	}
	if r.chance(s.brimful) {
		o.Pad = c.core.MaxOp() - registers.OpLen
		c.overfull(o)
	}
	return o
}

// overfull checks that Invoke refuses an operation one byte longer than a datagram can carry, with the limit.
func (c *caller) overfull(o registers.Op) {
	o.Pad++
	var tooLarge *clientcore.TooLargeError
	_, err := c.core.Invoke(c.now(), o.UID, o.Encode())
	if !errors.As(err, &tooLarge) || tooLarge.Limit != registers.OpLen+o.Pad-1 {
		c.w.fail(c.node, "Invoke of an operation of %d bytes: error %v, expected one that names the limit of %d", registers.OpLen+o.Pad, err, registers.OpLen+o.Pad-1)
	}
}

func (c *caller) datagram(b []byte) {
	c.core.Reply(c.now(), b)
	for i := range b {
		b[i] = 0xDB
	}
	c.settle()
}

func (c *caller) reroute(session uint32, target int) {
	if !c.up || session <= c.session {
		return
	}
	c.session, c.route = session, target
	c.core.Reroute(c.now())
	c.settle()
}

func (c *caller) tick(at time.Duration) {
	if c.fires(at) {
		c.core.Tick(c.now())
		c.settle()
	}
}

func (c *caller) settle() {
	for {
		effects := c.core.Effects()
		if len(effects) == 0 {
			break
		}
		for i := range effects {
			c.carryOut(&effects[i])
		}
		c.core.ClearEffects()
	}
	c.w.check.client(c)
	c.arm(c.core.Deadline())
}

func (c *caller) carryOut(e *clientcore.Effect) {
	if e.Kind == clientcore.EffectGroup {
		c.w.trace(c.node, "to group", e.Data)
		c.w.check.asks(c.node, e.Data)
		c.w.forward(c.node, c.route, e.Data)
		return
	}
	c.inFlight--
	c.w.note(c.node, fmt.Sprintf("op%d returns %x %v", e.Tag, e.Result[:min(8, len(e.Result))], e.Err))
	if e.Err == nil {
		c.w.check.returned(c.node, e.Tag)
	}
	if err := c.w.history.Return(e.Tag, e.Result, e.Err, c.w.now); err != nil {
		c.w.fail(c.node, "%v", err)
	}
	c.think()
}
