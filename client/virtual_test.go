package client

import (
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"github.com/netordered/nopaxos/internal/clientcore"
	"github.com/netordered/nopaxos/internal/clientcore/grouptest"
	"github.com/netordered/nopaxos/monotime"
	"github.com/netordered/nopaxos/oumlib"
	"github.com/netordered/nopaxos/replica/wire"
	"github.com/netordered/nopaxos/transport"
	"github.com/netordered/nopaxos/transport/virtual"
)

// virtualGroup is sequencer and replicas as one node, which answers from the model log.
type virtualGroup struct {
	t       *testing.T
	network transport.Network
	log     *grouptest.Log
}

func (g *virtualGroup) Datagram(_ time.Duration, from netip.AddrPort, b []byte) {
	if _, frame, err := oumlib.ParseHeader(b); err != nil {
		g.t.Errorf("the client sent no OUM datagram: %v", err)
	} else if _, body, err := grouptest.Keys.Open(frame); err != nil {
		g.t.Errorf("the client sent a frame that does not open: %v", err)
	} else if m, err := wire.ParseRequest(body); err != nil {
		g.t.Errorf("the client sent a REQUEST that does not parse: %v", err)
	} else {
		for _, r := range g.log.Take(m) {
			g.network.Send(from, grouptest.Keys.Client.Seal(wire.AppendReply(nil, &r), 0))
		}
	}
}
func (g *virtualGroup) Bulk(time.Duration, []byte) {}
func (g *virtualGroup) Tick(time.Duration)         {}
func (g *virtualGroup) Deadline() time.Duration    { return monotime.Never }
func (g *virtualGroup) Flush(time.Duration)        {}

// virtualClient is a client's loop and a group on a network that loses datagrams.
type virtualClient struct {
	network *virtual.Network
	node    *virtual.Node
	loop    *loop
	log     *grouptest.Log
	trace   uint64
}

func newVirtualClient(t *testing.T, seed uint64, loss float64) *virtualClient {
	random := rand.New(rand.NewPCG(seed, 0))
	delays := make([]time.Duration, 1)
	link := func(netip.AddrPort, netip.AddrPort, int, time.Duration) []time.Duration {
		if random.Float64() < loss {
			return nil
		}
		delays[0] = time.Duration(50_000 + random.IntN(50_000))
		return delays
	}
	c := &virtualClient{network: virtual.New(link, link), log: grouptest.NewLog(3)}
	hash := fnv.New64a()
	c.network.SetObserver(func(e virtual.Event) {
		fmt.Fprint(hash, e.Time, e.Kind, e.To)
		_, _ = hash.Write(e.Data)
		c.trace = hash.Sum64()
	})
	groupAddr := netip.MustParseAddrPort("10.0.0.1:1")
	group := c.network.Attach(groupAddr)
	group.Start(&virtualGroup{t: t, network: group, log: c.log})

	c.node = c.network.Attach(grouptest.ReplyTo)
	sender := oumlib.NewSender(testGroup, 1400)
	sender.SetAddr(groupAddr)
	nonces := uint64(0)
	core, err := clientcore.New(clientcore.Config{
		Replicas: 3, Auth: grouptest.Keys.Client, ReplyTo: grouptest.ReplyTo, Seed: 1,
		Nonce: func() wire.ClientID { nonces++; return wire.ClientID{Hi: 1, Lo: nonces} },
	})
	if err != nil {
		t.Fatal(err)
	}
	c.loop = &loop{core: core, network: c.node, courier: clientcore.NewMulticast(sender)}
	c.node.Start(c.loop)
	return c
}

// invoke starts n calls.
func (c *virtualClient) invoke(n int) []*call {
	calls := make([]*call, n)
	for i := range calls {
		calls[i] = newCall()
		calls[i].op = fmt.Append(nil, "operation ", i)
		c.node.Post(func(now time.Duration) { c.loop.invoke(now, calls[i]) })
	}
	return calls
}

// TestVirtualLoop checks that every call gets the result of its own operation, executed once, at any loss, and that a seed
// determines the trace.
func TestVirtualLoop(t *testing.T) {
	for _, loss := range []float64{0, 0.05, 0.3} {
		t.Run(fmt.Sprint(loss), func(t *testing.T) {
			run := func(seed uint64) uint64 {
				c := newVirtualClient(t, seed, loss)
				calls := c.invoke(300)
				c.network.RunUntil(time.Minute)
				for i, k := range calls {
					if want := fmt.Sprintf("operation %d done 1 times", i); !k.finished || k.err != nil || string(k.result) != want {
						t.Fatalf("call %d: finished %v, %q, %v, expected %q", i, k.finished, k.result, k.err, want)
					}
				}
				if s := c.loop.core.Stats(); s.InFlight != 0 || (loss == 0) != (s.Retransmissions == 0) {
					t.Errorf("in the end: %+v", s)
				}
				return c.trace
			}
			if a, b := run(1), run(1); a != b {
				t.Errorf("one seed, two traces: %x and %x", a, b)
			}
			if run(1) == run(2) {
				t.Error("two seeds, one trace")
			}
		})
	}
}

// TestVirtualLoopCancels checks that a call cancelled in flight has an unknown outcome, and that the others succeed.
func TestVirtualLoopCancels(t *testing.T) {
	c := newVirtualClient(t, 1, 0)
	c.invoke(1) // registers the client
	c.network.RunUntil(time.Second)
	calls := c.invoke(10)
	cause := errors.New("the caller cancelled")
	c.network.At(time.Second+10*time.Microsecond, func(time.Duration) {
		calls[3].cause = cause
		c.node.Post(func(now time.Duration) { c.loop.cancel(now, calls[3]) })
	})
	c.network.RunUntil(time.Minute)
	for i, k := range calls {
		switch {
		case !k.finished:
			t.Errorf("call %d is not finished", i)
		case i == 3 && (!errors.Is(k.err, ErrOutcomeUnknown) || !errors.Is(k.err, cause)):
			t.Errorf("the cancelled call: %v, expected ErrOutcomeUnknown and the cause", k.err)
		case i != 3 && k.err != nil:
			t.Errorf("call %d: %v", i, k.err)
		}
	}
}
