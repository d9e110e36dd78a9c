package model

import (
	"math/rand/v2"
	"net/netip"
	"time"

	"github.com/netordered/nopaxos/cluster/limits"
	"github.com/netordered/nopaxos/internal/clientcore"
	"github.com/netordered/nopaxos/monotime"
	"github.com/netordered/nopaxos/oumlib"
	"github.com/netordered/nopaxos/replica/wire"
	"github.com/netordered/nopaxos/transport"
)

// operationSize is the length in bytes of an operation and of its result.
const operationSize = 32

const (
	requestSize = wire.RequestOverhead + operationSize
	replySize   = wire.ReplyOverhead + operationSize
)

// caller is a client's host. Each of its callers always has one operation outstanding.
type caller struct {
	group   *group
	host    *host
	core    *clientcore.Core
	courier clientcore.Courier
	sender  *oumlib.Sender // nil if requests bypass the sequencers
	op      [operationSize]byte
	callers int
	begin   time.Duration   // when the callers start
	began   []time.Duration // by caller: start of its operation
}

var _ transport.Handler = (*caller)(nil)

func newCaller(g *group, at place, callers int, rng *rand.Rand) (*caller, error) {
	c := &caller{group: g, host: g.net.host(at), callers: callers, began: make([]time.Duration, callers)}
	c.begin = time.Duration(rng.Int64N(int64(startWithin)))
	if g.sequencer.IsValid() {
		c.sender = oumlib.NewSender(groupNumber, transport.DefaultMTU)
		c.sender.SetAddr(g.sequencer)
		c.courier = clientcore.NewMulticast(c.sender)
	} else {
		c.courier = g.courier()
	}
	var err error
	c.core, err = clientcore.New(clientcore.Config{
		Replicas: len(g.members), Auth: g.keys.Client, ReplyTo: at.address(), Rule: g.rule(),
		Nonce: func() wire.ClientID { return wire.ClientID{Hi: rng.Uint64(), Lo: rng.Uint64()} },
		Seed:  rng.Uint64(), Client: limits.Client{Window: max(callers, 1)},
	})
	return c, err
}

// startWithin is the time over which the clients' first requests are spread.
const startWithin = time.Millisecond

func (c *caller) Datagram(now time.Duration, _ netip.AddrPort, b []byte) { c.core.Reply(now, b) }
func (c *caller) Bulk(time.Duration, []byte)                             {}

func (c *caller) Tick(now time.Duration) {
	c.core.Tick(now)
	if now >= c.begin {
		c.begin = monotime.Never
		for i := range c.callers {
			c.call(now, i)
		}
	}
}

func (c *caller) Deadline() time.Duration { return min(c.core.Deadline(), c.begin) }

// call starts the next operation of a caller.
func (c *caller) call(now time.Duration, i int) {
	c.began[i] = c.host.thought()
	if _, err := c.core.Invoke(now, uint64(i), c.op[:]); err != nil {
		c.group.fail(err)
	}
}

// Flush sends requests, and starts the next operation of every caller whose operation has ended.
func (c *caller) Flush(now time.Duration) {
	for len(c.core.Effects()) > 0 {
		var ended []int
		for i := range c.core.Effects() {
			e := &c.core.Effects()[i]
			switch e.Kind {
			case clientcore.EffectGroup:
				c.courier.Send(c.host, e)
			case clientcore.EffectDone:
				if e.Err != nil {
					c.group.fail(e.Err)
				}
				ended = append(ended, int(e.Tag))
			}
		}
		c.core.ClearEffects()
		for _, i := range ended {
			c.group.ended(c.host.thought(), c.began[i])
			c.call(now, i)
		}
	}
}

// reroute sends requests to another sequencer.
func (c *caller) reroute(now time.Duration, sequencer netip.AddrPort) {
	c.sender.SetAddr(sequencer)
	c.core.Reroute(now)
}
