package replica

import (
	"io"
	"net/netip"
	"testing"
	"time"

	"github.com/netordered/nopaxos/oumlib"
	"github.com/netordered/nopaxos/replica/wire"
)

// echo is a trivial state machine.
type echo struct{}

func (echo) Execute(_, _ uint64, op, result []byte) []byte { return append(result, op...) }
func (echo) Snapshot() (io.WriterTo, error)                { return echo{}, nil }
func (echo) WriteTo(io.Writer) (int64, error)              { return 0, nil }
func (echo) Restore(io.Reader) error                       { return nil }
func (echo) Undo(uint64)                                   {}
func (echo) Release(uint64)                                {}

// trio is a group of three replicas whose messages are delivered at once.
type trio struct {
	cores [3]*Core
	now   time.Duration
	keys  wire.Keys
	seq   uint64
	token uint64
	data  []byte
}

const benchGroup = 0x0AFF0001

func newTrio(tb testing.TB) *trio {
	keys, err := wire.DeriveKeys(make([]byte, 32))
	if err != nil {
		tb.Fatal(err)
	}
	t := &trio{keys: keys, token: oumlib.SessionToken(keys.Token, benchGroup, 1)}
	for i := range t.cores {
		c, err := New(Config{N: 3, Self: i, Group: benchGroup, Keys: keys}, Bootstrap(), echo{})
		if err != nil {
			tb.Fatal(err)
		}
		t.cores[i] = c
		c.Start(0)
	}
	for _, c := range t.cores {
		c.Session(t.now, 1)
	}
	t.settle(tb)
	for _, c := range t.cores {
		if c.phase != phaseNormal || c.durable.View.Session != 1 {
			tb.Fatalf("replica %d did not enter session 1: %+v", c.cfg.Self, c.Status())
		}
	}
	return t
}

// settle carries out effects until there are none.
func (t *trio) settle(tb testing.TB) {
	for busy := true; busy; {
		busy = false
		for i, c := range t.cores {
			if c.err != nil {
				tb.Fatal(c.err)
			}
			effects := c.effects
			if len(effects) == 0 {
				continue
			}
			busy = true
			c.effects = nil
			for _, e := range effects {
				switch e.Kind {
				case EffectReplica:
					t.cores[e.To].Message(t.now, e.Data)
				case EffectReplicas:
					for j, other := range t.cores {
						if j != i {
							other.Message(t.now, e.Data)
						}
					}
				}
			}
			if len(c.effects) == 0 {
				c.effects = effects
				c.ClearEffects()
			}
		}
	}
}

// stamp returns the next datagram of the session.
func (t *trio) stamp(req *wire.Request) []byte {
	t.seq++
	b := oumlib.AppendHeader(t.data[:0], oumlib.Header{Group: benchGroup})
	b = wire.AppendRequest(b, req)
	b = t.keys.Client.Seal(b, oumlib.HeaderLen)
	oumlib.Stamp(b, 1, t.seq, t.token)
	t.data = b
	return b
}

// load returns a function that passes a request of 64 bytes through all three replicas, from the stamped datagram
// to the REPLYs, with synchronization and snapshots. It calls the function until all buffers have their working
// sizes.
func (t *trio) load(tb testing.TB) (request func()) {
	req := wire.Request{Register: true, Client: wire.ClientID{Hi: 1}, ID: 1, Low: 1, ReplyTo: netip.MustParseAddrPort("127.0.0.1:9")}
	d := t.stamp(&req)
	for _, c := range t.cores {
		c.Stamped(t.now, d)
	}
	req = wire.Request{Client: wire.ClientID{Lo: 1}, ReplyTo: req.ReplyTo, Op: make([]byte, 64)}
	const batch = 64
	request = func() {
		req.ID++
		req.Low = req.ID
		d := t.stamp(&req)
		for _, c := range t.cores {
			c.Stamped(t.now, d)
		}
		if req.ID%batch == 0 {
			t.now += time.Microsecond
			t.settle(tb)
		}
	}
	for range 4 * t.cores[0].cfg.Snapshot {
		request()
	}
	return request
}

// keptUp checks that all three replicas executed load's requests.
func (t *trio) keptUp(tb testing.TB) {
	for _, c := range t.cores {
		if c.err != nil || c.executed < t.seq/2 {
			tb.Fatalf("replica %d fell behind: %+v, %v", c.cfg.Self, c.Status(), c.err)
		}
	}
}

func BenchmarkCores(b *testing.B) {
	t := newTrio(b)
	request := t.load(b)
	b.ReportAllocs()
	for b.Loop() {
		request()
	}
	t.keptUp(b)
}

// The path of a request does not allocate. Synchronization and snapshots allocate a few objects in thousands of
// requests.
func TestCoresDoNotAllocate(t *testing.T) {
	if raceEnabled {
		t.Skip("takes long with the race detector, which has nothing to find here")
	}
	const requests, limit = 10_000, 100
	tr := newTrio(t)
	request := tr.load(t)
	if n := testing.AllocsPerRun(1, func() {
		for range requests {
			request()
		}
	}); n >= limit {
		t.Errorf("%v allocations for %d requests through three replicas, expected less than %d", n, requests, limit)
	}
	tr.keptUp(t)
}
