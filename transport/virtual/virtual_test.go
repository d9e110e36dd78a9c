package virtual

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"github.com/netordered/nopaxos/monotime"
	"github.com/netordered/nopaxos/transport"
)

func addr(i int) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(i)}), 1000)
}

// after returns a link with a fixed delay.
func after(d time.Duration) Link {
	delays := []time.Duration{d}
	return func(netip.AddrPort, netip.AddrPort, int, time.Duration) []time.Duration { return delays }
}

// recorder is a handler that records its calls.
type recorder struct {
	log      []string
	deadline time.Duration
	onTick   func(now time.Duration)
}

func (r *recorder) Datagram(now time.Duration, from netip.AddrPort, b []byte) {
	r.log = append(r.log, fmt.Sprintf("%v datagram %s", now, b))
}
func (r *recorder) Bulk(now time.Duration, b []byte) {
	r.log = append(r.log, fmt.Sprintf("%v bulk %s", now, b))
}
func (r *recorder) Tick(now time.Duration) {
	r.log = append(r.log, fmt.Sprintf("%v tick", now))
	if r.onTick != nil {
		r.onTick(now)
	}
}
func (r *recorder) Deadline() time.Duration { return r.deadline }
func (r *recorder) Flush(time.Duration)     {}

func (r *recorder) expect(t *testing.T, want ...string) {
	t.Helper()
	if fmt.Sprint(r.log) != fmt.Sprint(want) {
		t.Errorf("calls:\n got %q\nwant %q", r.log, want)
	}
	r.log = nil
}

func TestDatagramAndBulk(t *testing.T) {
	n := New(after(time.Millisecond), after(2*time.Millisecond))
	a, b := n.Attach(addr(1)), n.Attach(addr(2))
	r := &recorder{deadline: monotime.Never}
	b.Start(r)
	n.RunUntil(0)
	r.expect(t, "0s tick")

	msg := []byte("hello")
	a.Send(addr(2), msg)
	copy(msg, "XXXXX")
	a.SendBulk(addr(2), []byte("big"))
	a.Send(addr(9), []byte("nobody"))
	a.SendBulk(addr(9), []byte("nobody"))
	n.RunUntil(time.Second)
	r.expect(t, "1ms datagram hello", "2ms bulk big")
	if n.Now() != time.Second {
		t.Errorf("time is %v after RunUntil(1s)", n.Now())
	}
}

func TestLinkLosesDuplicatesAndReorders(t *testing.T) {
	fates := [][]time.Duration{{}, {3, 1}, {2}}
	n := New(func(_, _ netip.AddrPort, _ int, _ time.Duration) []time.Duration {
		f := fates[0]
		fates = fates[1:]
		return f
	}, after(0))
	a, b := n.Attach(addr(1)), n.Attach(addr(2))
	r := &recorder{deadline: monotime.Never}
	b.Start(r)
	for _, m := range []string{"lost", "twice", "once"} {
		a.Send(addr(2), []byte(m))
	}
	n.RunUntil(time.Second)
	r.expect(t, "0s tick", "1ns datagram twice", "2ns datagram once", "3ns datagram twice")
}

func TestTimerFollowsDeadline(t *testing.T) {
	n := New(after(0), after(0))
	node := n.Attach(addr(1))
	r := &recorder{deadline: 10}
	r.onTick = func(now time.Duration) {
		if now >= 10 {
			r.deadline = monotime.Never
		}
	}
	node.Start(r)
	n.At(3, func(time.Duration) { node.Post(func(time.Duration) { r.deadline = 20 }) })
	n.RunUntil(15)
	r.expect(t, "0s tick")
	n.RunUntil(100)
	r.expect(t, "20ns tick")

	n.At(200, func(time.Duration) { node.Post(func(time.Duration) { r.deadline = 500 }) })
	n.At(250, func(time.Duration) { node.Post(func(time.Duration) { r.deadline = 300 }) })
	n.RunUntil(1000)
	r.expect(t, "300ns tick")
}

func TestDeadlineInThePastDoesNotStopTime(t *testing.T) {
	n := New(after(0), after(0))
	r := &recorder{deadline: 0}
	n.Attach(addr(1)).Start(r)
	n.RunUntil(10 * timerStep)
	if len(r.log) != 11 {
		t.Errorf("%d ticks in 10 timer steps, expected 11", len(r.log))
	}
}

func TestCrashAndRestart(t *testing.T) {
	n := New(after(10), after(10))
	a, old := n.Attach(addr(1)), n.Attach(addr(2))
	r1, r2 := &recorder{deadline: 100}, &recorder{deadline: monotime.Never}
	old.Start(r1)
	a.Start(&recorder{deadline: monotime.Never})
	a.Send(addr(2), []byte("on its way"))
	a.SendBulk(addr(2), []byte("broken"))
	n.RunUntil(5)
	n.Attach(addr(2)).Start(r2) // stops the old one
	old.Send(addr(1), []byte("from the grave"))
	n.RunUntil(1000)
	r1.expect(t, "0s tick")
	r2.expect(t, "5ns tick", "10ns datagram on its way")
}

func TestPauseAndResume(t *testing.T) {
	n := New(after(1), after(1))
	a, b := n.Attach(addr(1)), n.Attach(addr(2))
	r := &recorder{deadline: 10}
	r.onTick = func(now time.Duration) {
		if now >= 10 {
			r.deadline = monotime.Never
		}
	}
	b.Start(r)
	n.RunUntil(1)
	r.expect(t, "0s tick")
	b.Pause()
	for i := range socketBuffer + 10 {
		a.Send(addr(2), fmt.Append(nil, i))
	}
	n.RunUntil(50)
	r.expect(t)
	b.Resume()
	n.RunUntil(60)
	if len(r.log) != socketBuffer+1 || r.log[0] != "50ns datagram 0" {
		t.Errorf("%d calls, the first is %q", len(r.log), r.log[0])
	}
	if last := r.log[len(r.log)-1]; last != "50ns tick" {
		t.Errorf("last call is %q, expected the tick that was due", last)
	}
}

func TestClockDrift(t *testing.T) {
	n := New(after(0), after(0))
	node := n.Attach(addr(1))
	r := &recorder{deadline: time.Second + time.Millisecond}
	r.onTick = func(now time.Duration) {
		if now > 0 {
			r.deadline = monotime.Never
		}
	}
	node.Start(r)
	n.RunUntil(0)
	node.SetClock(1000, 0) // 0.1 % fast: shows 1.001 s at 1 s
	n.RunUntil(2 * time.Second)
	r.expect(t, "0s tick", "1.001s tick")
	node.SetClock(-500_000, time.Second)
	n.RunUntil(4 * time.Second)
	if got, want := node.now(), 4002*time.Millisecond; got != want {
		t.Errorf("clock shows %v, expected %v", got, want)
	}
}

// gossip forwards each message to a random node and starts new ones at random times.
type gossip struct {
	net   transport.Network
	rng   *rand.Rand
	nodes int
	next  time.Duration
}

func (g *gossip) Datagram(_ time.Duration, _ netip.AddrPort, b []byte) {
	if len(b) < 64 {
		b = append(b, byte(g.rng.Uint32()))
	}
	g.net.Send(addr(g.rng.IntN(g.nodes)), b)
}
func (g *gossip) Bulk(now time.Duration, b []byte) { g.Datagram(now, netip.AddrPort{}, b) }
func (g *gossip) Tick(now time.Duration) {
	if now < g.next {
		return
	}
	g.next = now + time.Duration(1+g.rng.IntN(1e6))
	g.net.SendBulk(addr(g.rng.IntN(g.nodes)), []byte{1, 2, 3})
}
func (g *gossip) Deadline() time.Duration { return g.next }
func (g *gossip) Flush(time.Duration)     {}

// trace runs a network of gossips with faults and returns a hash of all events.
func trace(seed uint64) (hash uint64, events int) {
	rng := rand.New(rand.NewPCG(seed, 0))
	var delays []time.Duration
	link := func(_, _ netip.AddrPort, _ int, _ time.Duration) []time.Duration {
		delays = delays[:0]
		for range 1 + rng.IntN(20)/19 - rng.IntN(20)/19 {
			delays = append(delays, time.Duration(rng.IntN(1e5)))
		}
		return delays
	}
	n := New(link, link)
	h := fnv.New64a()
	n.SetObserver(func(ev Event) {
		events++
		_ = binary.Write(h, binary.BigEndian, ev.Time)
		fmt.Fprint(h, ev.Kind, ev.From, ev.To)
		h.Write(ev.Data)
	})
	const nodes = 5
	start := func(i int) {
		node := n.Attach(addr(i))
		node.SetClock(int64(i*100), time.Duration(i))
		node.Start(&gossip{net: node, rng: rng, nodes: nodes})
	}
	for i := range nodes {
		start(i)
	}
	n.At(4*time.Millisecond, func(time.Duration) { n.nodes[addr(1)].Pause() })
	n.At(8*time.Millisecond, func(time.Duration) { n.nodes[addr(1)].Resume() })
	n.At(10*time.Millisecond, func(time.Duration) { start(2) })
	n.RunUntil(20 * time.Millisecond)
	return h.Sum64(), events
}

func TestSameSeedSameTrace(t *testing.T) {
	h1, n1 := trace(1)
	h2, n2 := trace(1)
	h3, _ := trace(2)
	if h1 != h2 || n1 != n2 {
		t.Errorf("one seed, two traces: %x (%d events) and %x (%d events)", h1, n1, h2, n2)
	}
	if h1 == h3 {
		t.Error("two seeds, one trace")
	}
	if n1 < 1000 {
		t.Errorf("only %d events, expected at least 1000", n1)
	}
}

func TestBulkDuplicateIsACopy(t *testing.T) {
	n := New(after(0), func(_, _ netip.AddrPort, _ int, _ time.Duration) []time.Duration {
		return []time.Duration{1, 2}
	})
	a, b := n.Attach(addr(1)), n.Attach(addr(2))
	var got [][]byte
	n.SetObserver(func(ev Event) {
		if ev.Kind == Bulk {
			got = append(got, ev.Data)
		}
	})
	b.Start(&recorder{deadline: monotime.Never})
	a.SendBulk(addr(2), []byte("m"))
	n.RunUntil(10)
	if len(got) != 2 || !bytes.Equal(got[0], got[1]) || &got[0][0] == &got[1][0] {
		t.Errorf("duplicates share memory or differ: %q", got)
	}
}

// echo returns every datagram to its sender.
type echo struct{ net transport.Network }

func (e *echo) Datagram(_ time.Duration, from netip.AddrPort, b []byte) { e.net.Send(from, b) }
func (e *echo) Bulk(time.Duration, []byte)                              {}
func (e *echo) Tick(time.Duration)                                      {}
func (e *echo) Deadline() time.Duration                                 { return monotime.Never }
func (e *echo) Flush(time.Duration)                                     {}

func BenchmarkDatagram(b *testing.B) {
	n := New(after(1000), after(1000))
	for i := 1; i <= 2; i++ {
		node := n.Attach(addr(i))
		node.Start(&echo{net: node})
		n.RunUntil(n.Now())
		for range 32 {
			node.Send(addr(3-i), make([]byte, 100))
		}
	}
	n.RunUntil(10_000)
	b.ReportAllocs()
	for b.Loop() {
		n.Step()
	}
}
