package baselines

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"time"

	"github.com/netordered/nopaxos/cluster/limits"
	"github.com/netordered/nopaxos/internal/clientcore"
	"github.com/netordered/nopaxos/lab/sim/registers"
	"github.com/netordered/nopaxos/monotime"
	"github.com/netordered/nopaxos/replica/wire"
	"github.com/netordered/nopaxos/transport"
)

// caller is a client's node: the core and its workload.
type caller struct {
	w       *world
	id      int
	rng     *rand.Rand
	core    *clientcore.Core
	courier clientcore.Courier
	network transport.Network
	next    time.Duration // time of the next call
	pending int
}

var _ transport.Handler = (*caller)(nil)

func newCaller(w *world, id int, network transport.Network) (*caller, error) {
	c := &caller{w: w, id: id, network: network, courier: w.courier(), rng: w.stream(uint64(1000 + id))}
	core, err := clientcore.New(clientcore.Config{
		Replicas: len(w.peers), Auth: w.keys.Client, ReplyTo: network.LocalAddr(), Rule: w.rule,
		Nonce: func() wire.ClientID { return wire.ClientID{Hi: c.rng.Uint64() | 1, Lo: c.rng.Uint64()} },
		Seed:  c.rng.Uint64(),
		Client: limits.Client{
			Window: w.outstanding, MinTimeout: 2 * time.Millisecond, MaxTimeout: 30 * time.Millisecond, MaxPushback: 50 * time.Millisecond,
		},
	})
	c.core = core
	return c, err
}

func (c *caller) Datagram(now time.Duration, _ netip.AddrPort, b []byte) { c.core.Reply(now, b) }
func (c *caller) Bulk(time.Duration, []byte)                             {}

func (c *caller) Tick(now time.Duration) {
	c.core.Tick(now)
	if now >= c.next {
		c.next = monotime.Never
		c.invoke(now)
	}
}

func (c *caller) Deadline() time.Duration { return min(c.core.Deadline(), c.next) }

// keys is the number of registers that clients use: few, so that their operations conflict.
const keys = 4

// invoke keeps operations in flight until the load ends.
func (c *caller) invoke(now time.Duration) {
	for c.w.network.Now() < loadFor && c.pending < c.w.outstanding {
		o := registers.Op{
			UID: c.w.history.Next(), Kind: registers.Kind(c.rng.IntN(int(registers.Multi))),
			Key: uint8(c.rng.IntN(keys)), Arg: c.rng.Uint64N(1000), Wide: c.rng.IntN(100) == 0,
		}
		if c.rng.IntN(50) == 0 {
			o.Pad = c.rng.IntN(1100)
		}
		c.w.history.Call(c.id, o, c.w.network.Now())
		c.pending++
		if _, err := c.core.Invoke(now, o.UID, o.Encode()); err != nil {
			c.w.fail(fmt.Errorf("client %d: %w", c.id, err))
			return
		}
		if c.rng.IntN(4) == 0 {
			break // think
		}
	}
	c.next = now + time.Duration(c.rng.IntN(int(c.w.think)))
	if c.w.network.Now() >= loadFor {
		c.next = monotime.Never
	}
}

func (c *caller) Flush(time.Duration) {
	effects := c.core.Effects()
	for i := range effects {
		e := &effects[i]
		if e.Kind == clientcore.EffectGroup {
			c.courier.Send(c.network, e)
			continue
		}
		c.pending--
		if err := errors.Join(e.Err, c.w.history.Return(e.Tag, e.Result, e.Err, c.w.network.Now())); err != nil {
			c.w.fail(fmt.Errorf("client %d: %w", c.id, err))
		}
	}
	c.core.ClearEffects()
}
