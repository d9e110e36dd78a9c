package clientcore

import (
	"time"

	"github.com/netordered/nopaxos/replica/wire"
)

// A client's id is the slot of its REGISTER, which is unique. Until the client knows the slot, a random nonce takes its place.

// Register requests an identity if the client has none. Invoke calls it when needed; an earlier call saves the first request a
// round trip.
func (c *Core) Register(now time.Duration) {
	if c.Registered() || c.registering != nil {
		return
	}
	c.nonce = c.cfg.Nonce()
	c.nonce.Hi |= 1 << 63 // distinguishes a nonce from an id, whose Hi is 0
	r := c.newRequest()
	r.id = 1
	c.registering = r
	c.transmit(now, r)
}

// Registered reports whether the client has an identity.
func (c *Core) Registered() bool { return c.id.Lo != 0 }

// finishRegister makes the slot at which the REGISTER committed the client's id.
func (c *Core) finishRegister(now time.Duration, r *request, t *tally) {
	c.registering = nil
	c.stats.Registrations++
	c.id = wire.ClientID{Lo: t.slot}
	c.nextID, c.low = 1, 1
	c.sample(now, r)
	c.done = append(c.done, r)
	c.sendWaiting(now)
}

// evict handles an answer that the replicas do not know the client. They may have executed the outstanding requests before they
// evicted it. Requests that were not sent go out under a new identity.
func (c *Core) evict(now time.Duration) {
	c.stats.Evictions++
	for id := c.low; id < c.nextID; id++ {
		if r := c.outstanding(id); r != nil {
			c.complete(r, Effect{Kind: EffectDone, Tag: r.tag, Err: ErrEvicted})
		}
	}
	c.id = wire.ClientID{}
	c.nextID, c.low = 1, 1
	if c.waiting.len > 0 {
		c.Register(now)
	}
}
