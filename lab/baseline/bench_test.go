package baseline

import (
	"io"
	"net/netip"
	"testing"
	"time"

	"github.com/netordered/nopaxos/cluster/limits"
	"github.com/netordered/nopaxos/lab/baseline/node"
	"github.com/netordered/nopaxos/lab/baseline/vr"
	"github.com/netordered/nopaxos/replica/wire"
	"github.com/netordered/nopaxos/transport"
)

// echo is a state machine that returns the operation.
type echo struct{}

func (echo) Execute(_, _ uint64, op, result []byte) []byte { return append(result, op...) }
func (echo) Snapshot() (io.WriterTo, error)                { return echo{}, nil }
func (echo) WriteTo(io.Writer) (int64, error)              { return 0, nil }
func (echo) Restore(io.Reader) error                       { return nil }
func (echo) Undo(uint64)                                   {}
func (echo) Release(uint64)                                {}

// bench is the cores of a group, with immediate delivery of messages.
type bench struct {
	tb       testing.TB
	cores    []node.Core
	now      time.Duration
	keys     wire.Keys
	req      wire.Request
	frame    []byte
	answered int // replies sent to clients
}

func newBench(tb testing.TB, system System, n int, tuning vr.Config) *bench {
	keys, err := wire.DeriveKeys(make([]byte, 32))
	if err != nil {
		tb.Fatal(err)
	}
	b := &bench{tb: tb, keys: keys}
	for i := range n {
		core, err := NewCore(Config{
			System: system, Self: i, Replicas: make([]transport.Peer, n), Keys: keys, StateMachine: echo{}, Incarnation: 1, Core: tuning,
		})
		if err != nil {
			tb.Fatal(err)
		}
		core.Start(0)
		b.cores = append(b.cores, core)
	}
	replyTo := netip.MustParseAddrPort("127.0.0.1:9")
	b.req = wire.Request{Register: true, Client: wire.ClientID{Hi: 1}, ID: 1, Low: 1, ReplyTo: replyTo}
	system.toAll(n)(b.send)
	b.settle()
	b.req = wire.Request{Client: wire.ClientID{Lo: 1}, ReplyTo: replyTo, Op: make([]byte, 64)}
	return b
}

// send passes the current request to a replica.
func (b *bench) send(to int) {
	b.frame = b.keys.Client.Seal(wire.AppendRequest(b.frame[:0], &b.req), 0)
	b.cores[to].Request(b.now, b.frame)
}

// settle ends the batch of inputs and carries out effects until none are left.
func (b *bench) settle() {
	for busy := true; busy; {
		busy = false
		for i, c := range b.cores {
			c.Batch(b.now)
			effects := c.Effects()
			for j := range effects {
				b.carryOut(i, &effects[j])
			}
			busy = busy || len(effects) > 0
			c.ClearEffects()
			if err := c.Err(); err != nil {
				b.tb.Fatal(err)
			}
		}
	}
}

func (b *bench) carryOut(from int, e *node.Effect) {
	switch e.Kind {
	case node.Replica:
		b.cores[e.To].Message(b.now, e.Data)
	case node.Replicas:
		for i, c := range b.cores {
			if i != from {
				c.Message(b.now, e.Data)
			}
		}
	case node.Client:
		b.answered++
	case node.Snapshot:
		b.cores[from].SnapshotWritten(b.now, e.Slot, make([]byte, 24+12), nil)
	}
}

// load returns a function that passes a 64-byte request through all replicas, including snapshots now and then. It
// has already run often enough for every buffer to reach its working size.
func (b *bench) load(to func(send func(replica int)), warm int) (request func()) {
	const batch = 64
	send := b.send // once, because a method value allocates
	request = func() {
		b.req.ID++
		b.req.Low = b.req.ID
		to(send)
		if b.req.ID%batch == 0 {
			b.now += time.Microsecond
			b.settle()
		}
	}
	for range warm {
		request()
	}
	return request
}

// shapes are the measured groups.
var shapes = []struct {
	name   string
	system System
	n      int
}{
	{"unreplicated", Unreplicated, 1},
	{"paxos-3", Paxos, 3},
	{"paxos-5", Paxos, 5},
	{"paxos-batching-3", PaxosBatching, 3},
	{"paxos-batching-5", PaxosBatching, 5},
	{"fastpaxos-3", FastPaxos, 3},
	{"fastpaxos-5", FastPaxos, 5},
	{"specpaxos-3", SpecPaxos, 3},
	{"specpaxos-5", SpecPaxos, 5},
}

// toAll passes requests to the replicas that the system's clients send to.
func (s System) toAll(n int) func(send func(int)) {
	if !s.Multicast() {
		n = 1
	}
	return func(send func(int)) {
		for i := range n {
			send(i)
		}
	}
}

// BenchmarkCores measures the work of all replicas for one request, from the client's datagram to the replies,
// without the event loop.
func BenchmarkCores(b *testing.B) {
	for _, s := range shapes {
		b.Run(s.name, func(b *testing.B) {
			bench := newBench(b, s.system, s.n, vr.Config{})
			request := bench.load(s.system.toAll(s.n), 8<<15)
			b.ReportAllocs()
			for b.Loop() {
				request()
			}
		})
	}
}

// TestCoresDoNotAllocate checks that a request allocates nothing. Snapshots allocate a few objects per thousands of
// requests.
func TestCoresDoNotAllocate(t *testing.T) {
	if raceEnabled {
		t.Skip("slow with the race detector, which finds nothing in a single goroutine")
	}
	const requests, limit = 10_000, 200
	for _, s := range shapes {
		t.Run(s.name, func(t *testing.T) {
			bench := newBench(t, s.system, s.n, vr.Config{Replica: limits.Replica{Snapshot: 1 << 12, KeepLog: 1 << 11}})
			request := bench.load(s.system.toAll(s.n), 8<<12)
			before := bench.answered
			if n := testing.AllocsPerRun(1, func() {
				for range requests {
					request()
				}
			}); n >= limit {
				t.Errorf("%v allocations for %d requests, expected less than %d", n, requests, limit)
			}
			if n := bench.answered - before; n < requests {
				t.Errorf("%d requests were answered, expected at least %d", n, requests)
			}
		})
	}
}
