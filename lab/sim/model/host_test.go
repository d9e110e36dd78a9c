package model

import (
	"math"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"github.com/netordered/nopaxos/monotime"
)

// sink is a handler that consumes datagrams.
type sink struct{ taken int }

func (s *sink) Datagram(time.Duration, netip.AddrPort, []byte) { s.taken++ }
func (s *sink) Bulk(time.Duration, []byte)                     {}
func (s *sink) Tick(time.Duration)                             {}
func (s *sink) Deadline() time.Duration                        { return monotime.Never }
func (s *sink) Flush(time.Duration)                            {}

// pipe returns a host, and a node without a CPU that sends to it without delay.
func pipe(receive time.Duration) (n *network, h *host, s *sink, send func()) {
	n = newNetwork(&Costs{Receive: receive, Rate: math.Inf(1)}, rand.New(rand.NewPCG(1, 1)))
	h, s = n.host(0), &sink{}
	h.start(s)
	from := n.Attach(place(firstSwitch).address())
	return n, h, s, func() { from.Send(h.LocalAddr(), []byte{1}) }
}

// TestQueueIsMD1 checks that randomly arriving datagrams with a fixed service time wait as long as the
// Pollaczek–Khinchine formula says.
func TestQueueIsMD1(t *testing.T) {
	const service = 2 * time.Microsecond
	const arrivals = 300_000
	for _, load := range []float64{0.2, 0.5, 0.8} {
		n, h, s, send := pipe(service)
		rng := rand.New(rand.NewPCG(1, 2))
		var found time.Duration
		at := 0.0
		for range arrivals {
			at += rng.ExpFloat64() * float64(service) / load
			n.RunUntil(time.Duration(at))
			found += max(h.busyUntil-n.Now(), 0) + time.Duration(len(h.queue)-h.head)*service
			send()
		}
		n.RunUntil(n.Now() + time.Second)
		got := float64(found) / arrivals
		want := load * float64(service) / (2 * (1 - load))
		if math.Abs(got-want) > 0.03*want {
			t.Errorf("at load %g datagrams find %.1f ns of work before them, expected %.1f", load, got, want)
		}
		if s.taken != arrivals || h.work.Busy != arrivals*service {
			t.Errorf("at load %g: %d datagrams, %v busy; expected %d and %v", load, s.taken, h.work.Busy, arrivals, arrivals*service)
		}
	}
}

// TestFullQueueLoses checks that an overloaded host queues a bounded number of datagrams.
func TestFullQueueLoses(t *testing.T) {
	const burst = queueLimit + 1000
	n, h, s, send := pipe(time.Millisecond)
	n.RunUntil(0)
	for range burst {
		send()
	}
	n.RunUntil(time.Minute)
	if h.work.Overflow == 0 || s.taken+int(h.work.Overflow) != burst || s.taken < queueLimit {
		t.Errorf("of %d datagrams at once %d were taken and %d lost, expected %d or a few more taken", burst, s.taken, h.work.Overflow, queueLimit)
	}
}
