package sim

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/netordered/nopaxos/client"
	"github.com/netordered/nopaxos/replica/wire"
	"github.com/netordered/nopaxos/transport"
)

// customer is a client: its core, and the operations that it wants done.
type customer struct {
	w     *world
	id    int
	rng   random
	timer timer
	core  *client.Core
	route int
	told  uint32

	inFlight int
}

func clientAddr(id int) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 1, 0, 1}), uint16(2000+id))
}

// clientAt returns the node of the client at an address.
func (w *world) clientAt(a netip.AddrPort) (int, bool) {
	id := int(a.Port()) - 2000
	if id < 0 || id >= w.s.clients || a != clientAddr(id) {
		return 0, false
	}
	return w.s.clientNode(id), true
}

func newCustomer(w *world, id int, seed uint64) *customer {
	c := &customer{w: w, id: id, rng: stream(seed, purposeWorkload+uint64(id)<<8), route: -1}
	core, err := client.NewCore(client.CoreConfig{
		Replicas: w.s.replicas, Auth: w.keys.Client, ReplyTo: clientAddr(id),
		Nonce: func() wire.ClientID { return wire.ClientID{Hi: c.rng.next() | 1, Lo: c.rng.next()} },
		Seed:  c.rng.next(),
		MTU:   w.s.core.MTU, Window: w.s.outstanding,
		MinTimeout: 2 * time.Millisecond, MaxTimeout: 30 * time.Millisecond, MaxPushback: 50 * time.Millisecond,
	})
	if err != nil {
		w.fail(w.s.clientNode(id), "client.NewCore: %v", err)
		return c
	}
	c.core = core
	c.timer.at = transport.Never
	return c
}

func (c *customer) node() int { return c.w.s.clientNode(c.id) }

// begin keeps as many operations in flight as the settings say, until the load ends.
func (c *customer) begin() {
	for range c.w.s.outstanding {
		c.later()
	}
}

func (c *customer) later() {
	c.w.after(c.rng.tail(c.w.s.think), func() {
		if c.w.now < c.w.s.load {
			c.invoke()
		}
	})
}

func (c *customer) invoke() {
	o := op{
		uid: c.w.history.next(), kind: opKind(c.rng.below(int(opKinds))),
		key: uint8(c.rng.below(registers)), arg: c.rng.next() % 1000, wide: c.rng.chance(c.w.s.wide),
	}
	c.w.history.call(c.id, o, c.w.now)
	c.w.note(c.node(), "calls "+o.String())
	c.inFlight++
	if _, err := c.core.Invoke(c.w.now, o.uid, o.encode()); err != nil {
		c.w.fail(c.node(), "Invoke: %v", err)
	}
	c.settle()
}

func (c *customer) datagram(b []byte) {
	c.core.Reply(c.w.now, b)
	for i := range b {
		b[i] = 0xDB
	}
	c.settle()
}

func (c *customer) hear(session uint32, target int) {
	if session <= c.told {
		return
	}
	c.told, c.route = session, target
	c.core.Reroute(c.w.now)
	c.settle()
}

func (c *customer) tick(at time.Duration) {
	if at != c.timer.at {
		return
	}
	c.timer.at = transport.Never
	c.core.Tick(c.w.now)
	c.settle()
}

func (c *customer) settle() {
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
	if d := c.core.Deadline(); d < c.timer.at {
		c.timer.at = max(d, c.w.now+time.Microsecond)
		c.w.queue.push(event{at: c.timer.at, kind: eventTimer, node: c.node()})
	}
}

func (c *customer) carryOut(e *client.Effect) {
	if e.Kind == client.EffectGroup {
		c.w.trace(c.node(), "to group", e.Data)
		c.w.check.asks(c.node(), e.Data)
		c.w.forward(c.node(), c.route, e.Data)
		return
	}
	c.inFlight--
	c.w.note(c.node(), fmt.Sprintf("op%d returns %x %v", e.Tag, e.Result[:min(8, len(e.Result))], e.Err))
	if e.Err == nil {
		c.w.check.returned(c.node(), e.Tag)
	}
	if err := c.w.history.done(e.Tag, e.Result, e.Err, c.w.now); err != nil {
		c.w.fail(c.node(), "%v", err)
	}
	c.later()
}
