package transport

import (
	"bytes"
	"context"
	"encoding/binary"
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/netordered/nopaxos/monotime"
)

// node is a handler made of functions, any of which may be nil.
type node struct {
	datagram func(now time.Duration, from netip.AddrPort, b []byte)
	bulk     func(now time.Duration, b []byte)
	tick     func(now time.Duration)
	deadline func() time.Duration
	flush    func(now time.Duration)
}

func (n *node) Datagram(now time.Duration, from netip.AddrPort, b []byte) {
	if n.datagram != nil {
		n.datagram(now, from, b)
	}
}
func (n *node) Bulk(now time.Duration, b []byte) {
	if n.bulk != nil {
		n.bulk(now, b)
	}
}
func (n *node) Tick(now time.Duration) {
	if n.tick != nil {
		n.tick(now)
	}
}
func (n *node) Deadline() time.Duration {
	if n.deadline != nil {
		return n.deadline()
	}
	return monotime.Never
}
func (n *node) Flush(now time.Duration) {
	if n.flush != nil {
		n.flush(now)
	}
}

func listen(t testing.TB, cfg UDPConfig) *UDP {
	t.Helper()
	if cfg.Addr == "" {
		cfg.Addr = "127.0.0.1:0"
	}
	u, err := ListenUDP(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(u.Close)
	return u
}

// run runs h on u until the test ends or stop is called.
func run(t testing.TB, u *UDP, h Handler) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- u.Run(ctx, h) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	t.Cleanup(stop)
	return stop
}

func echoOf(u *UDP) *node {
	return &node{datagram: func(_ time.Duration, from netip.AddrPort, b []byte) { u.Send(from, b) }}
}

func TestEchoMoreThanABatch(t *testing.T) {
	for _, addr := range []string{"127.0.0.1:0", "[::1]:0"} {
		t.Run(addr, func(t *testing.T) {
			if c, err := net.ListenPacket("udp", addr); err != nil {
				t.Skip(err)
			} else {
				c.Close()
			}
			server, client := listen(t, UDPConfig{Addr: addr}), listen(t, UDPConfig{Addr: addr})
			run(t, server, echoOf(server))

			const count = 300
			seen := make(map[uint32]bool)
			done := make(chan struct{})
			h := &node{}
			h.datagram = func(_ time.Duration, from netip.AddrPort, b []byte) {
				if from != server.LocalAddr() || len(b) != 100 {
					t.Errorf("%d bytes from %v, expected 100 from %v", len(b), from, server.LocalAddr())
				}
				seen[binary.BigEndian.Uint32(b)] = true
				if len(seen) == count {
					close(done)
				}
			}
			run(t, client, h)
			client.Post(func(time.Duration) {
				b := make([]byte, 100)
				for i := range uint32(count) {
					binary.BigEndian.PutUint32(b, i)
					client.Send(server.LocalAddr(), b)
				}
			})
			<-done
		})
	}
}

func TestPostFromManyGoroutines(t *testing.T) {
	u := listen(t, UDPConfig{})
	const goroutines, each = 8, 500
	var ran int // touched only on the loop
	done := make(chan struct{})
	run(t, u, &node{})
	for range goroutines {
		go func() {
			for range each {
				u.Post(func(time.Duration) {
					if ran++; ran == goroutines*each {
						close(done)
					}
				})
			}
		}()
	}
	<-done
}

func TestDeadlineIsKept(t *testing.T) {
	u := listen(t, UDPConfig{})
	var next time.Duration
	ticks, done := 0, make(chan struct{})
	run(t, u, &node{
		deadline: func() time.Duration { return next },
		tick: func(now time.Duration) {
			if now < next {
				return
			}
			next = now + time.Millisecond
			if ticks++; ticks == 10 {
				close(done)
			}
		},
	})
	<-done
}

func TestTickIsNotStarvedByInput(t *testing.T) {
	u := listen(t, UDPConfig{batch: 4})
	ticks, done := 0, make(chan struct{})
	run(t, u, &node{
		// The loop always has more to read: each datagram causes two.
		datagram: func(_ time.Duration, _ netip.AddrPort, b []byte) {
			if ticks < 10 {
				u.Send(u.LocalAddr(), b)
				u.Send(u.LocalAddr(), b)
			}
		},
		deadline: func() time.Duration { return 0 },
		tick: func(time.Duration) {
			if ticks++; ticks == 10 {
				close(done)
			}
		},
	})
	u.Post(func(time.Duration) { u.Send(u.LocalAddr(), []byte("x")) })
	<-done
}

func TestLongAndUnsendableDatagramsAreCounted(t *testing.T) {
	small, large := listen(t, UDPConfig{MTU: 100}), listen(t, UDPConfig{MTU: 200})
	done := make(chan struct{})
	run(t, small, &node{datagram: func(_ time.Duration, _ netip.AddrPort, b []byte) {
		if len(b) != 100 {
			t.Errorf("received %d bytes, expected only the datagram of 100", len(b))
		}
		small.Post(func(time.Duration) { close(done) }) // runs after the batch, which is counted then
	}})
	stop := run(t, large, &node{})
	large.Post(func(time.Duration) {
		large.Send(small.LocalAddr(), make([]byte, 201)) // longer than the sender's MTU
		large.Send(small.LocalAddr(), make([]byte, 101)) // longer than the receiver's MTU
		large.Send(netip.AddrPort{}, []byte("x"))
		large.Send(netip.MustParseAddrPort("[::1]:9"), []byte("x"))
		large.Send(netip.MustParseAddrPort("127.0.0.1:0"), []byte("x"))
		large.Send(small.LocalAddr(), make([]byte, 100))
	})
	<-done
	stop()
	out := large.Stats()
	if out.SendTooLong != 1 || out.SendBadAddress != 3 || out.DatagramsOut != 2 || out.BytesOut != 201 {
		t.Errorf("sender's counters: %+v", out)
	}
}

func TestTruncatedDatagramIsCounted(t *testing.T) {
	u := listen(t, UDPConfig{MTU: 10})
	peer, err := net.Dial("udp", u.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer peer.Close()
	for _, n := range []int{11, 10} {
		if _, err := peer.Write(make([]byte, n)); err != nil {
			t.Fatal(err)
		}
	}
	done := make(chan struct{})
	stop := run(t, u, &node{datagram: func(time.Duration, netip.AddrPort, []byte) { close(done) }})
	<-done
	stop()
	if s := u.Stats(); s.ReceiveTooLong != 1 || s.DatagramsIn != 2 {
		t.Errorf("counters: %+v", s)
	}
}

func TestSendToNobodyDoesNoHarm(t *testing.T) {
	dead := listen(t, UDPConfig{})
	nobody := dead.LocalAddr()
	dead.Close()
	server, client := listen(t, UDPConfig{}), listen(t, UDPConfig{})
	run(t, server, echoOf(server))
	done := make(chan struct{})
	var once sync.Once
	run(t, client, &node{datagram: func(time.Duration, netip.AddrPort, []byte) { once.Do(func() { close(done) }) }})
	for range 10 {
		client.Post(func(time.Duration) {
			client.Send(nobody, []byte("x"))
			client.Send(server.LocalAddr(), []byte("x"))
		})
	}
	<-done
}

func TestSetDrop(t *testing.T) {
	u := listen(t, UDPConfig{})
	SetDrop(1)
	t.Cleanup(func() { SetDrop(0) })
	var through atomic.Bool
	round := make(chan struct{}, 1)
	run(t, u, &node{
		datagram: func(time.Duration, netip.AddrPort, []byte) { through.Store(true); round <- struct{}{} },
	})
	send := func() { u.Post(func(time.Duration) { u.Send(u.LocalAddr(), []byte("x")) }) }
	send()
	for u.Stats().ReceiveDropped == 0 {
		done := make(chan struct{})
		u.Post(func(time.Duration) { close(done) })
		<-done
	}
	if through.Load() {
		t.Error("a datagram came through at drop rate 1")
	}
	SetDrop(0)
	send()
	<-round
}

func TestPortInUseNamesTheAddress(t *testing.T) {
	u := listen(t, UDPConfig{BulkAddr: "127.0.0.1:0"})
	for _, cfg := range []UDPConfig{
		{Addr: u.LocalAddr().String()},
		{Addr: "127.0.0.1:0", BulkAddr: u.BulkAddr().String()},
	} {
		_, err := ListenUDP(cfg)
		want := cfg.BulkAddr
		if want == "" {
			want = cfg.Addr
		}
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "in use") {
			t.Errorf("error is %v, expected one that names %s and says that it is in use", err, want)
		}
	}
}

func TestBadConfig(t *testing.T) {
	for _, cfg := range []UDPConfig{
		{Addr: "127.0.0.1:0", MTU: 70000},
		{Addr: "127.0.0.1:0", MTU: -1},
		{Addr: "nonsense"},
		{Addr: "127.0.0.1:0", BulkAddr: "nonsense"},
	} {
		if u, err := ListenUDP(cfg); err == nil {
			u.Close()
			t.Errorf("no error for %+v", cfg)
		}
	}
}

func TestShutdown(t *testing.T) {
	u := listen(t, UDPConfig{BulkAddr: "127.0.0.1:0"})
	udp, tcp := u.LocalAddr(), u.BulkAddr()
	stop := run(t, u, &node{})
	stop()
	u.Post(func(time.Duration) { t.Error("a function ran after the end") })
	if len(u.posts) != 0 {
		t.Errorf("%d functions are kept after the end", len(u.posts))
	}
	again, err := ListenUDP(UDPConfig{Addr: udp.String(), BulkAddr: tcp.String()})
	if err != nil {
		t.Fatalf("the addresses are not free after Run: %v", err)
	}
	again.Close()
	again.Close()
}

func TestRunWithContextAlreadyDone(t *testing.T) {
	u := listen(t, UDPConfig{})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := u.Run(ctx, &node{}); err != nil {
		t.Error(err)
	}
}

func TestDatagramMemoryMayBeWritten(t *testing.T) {
	u := listen(t, UDPConfig{MTU: 64, batch: 2})
	got := make(chan []byte, 2)
	run(t, u, &node{datagram: func(_ time.Duration, _ netip.AddrPort, b []byte) {
		got <- bytes.Clone(b)
		for i := range b[:cap(b)] {
			b[:cap(b)][i] = 0xFF // must not reach the next datagram of the batch
		}
	}})
	u.Post(func(time.Duration) {
		u.Send(u.LocalAddr(), []byte("one"))
		u.Send(u.LocalAddr(), []byte("two"))
	})
	if a, b := string(<-got), string(<-got); a != "one" || b != "two" {
		t.Errorf("received %q and %q", a, b)
	}
}

// newEcho returns a function that exchanges n datagrams of 100 bytes with another transport that echoes them,
// with 64 in flight.
func newEcho(tb testing.TB, change func(*UDP)) (round func(n int)) {
	server, client := listen(tb, UDPConfig{}), listen(tb, UDPConfig{})
	change(server)
	change(client)
	run(tb, server, echoOf(server))
	const window = 64
	var received, want int
	done := make(chan struct{})
	buf := make([]byte, 100)
	run(tb, client, &node{datagram: func(_ time.Duration, from netip.AddrPort, m []byte) {
		if received++; received < want {
			client.Send(from, m)
		}
		if received == want {
			done <- struct{}{}
		}
	}})
	return func(n int) {
		client.Post(func(time.Duration) {
			received, want = 0, n
			for range window {
				client.Send(server.LocalAddr(), buf)
			}
		})
		<-done
	}
}

// BenchmarkEcho measures round trips over loopback with 64 datagrams in flight, both ends included.
func BenchmarkEcho(b *testing.B) { benchmarkEcho(b, func(*UDP) {}) }

func benchmarkEcho(b *testing.B, change func(*UDP)) {
	round := newEcho(b, change)
	round(64)
	b.ReportAllocs()
	b.ResetTimer()
	round(b.N)
}

// TestEchoDoesNotAllocate checks that two transports allocate nothing per datagram. The few allocations
// belong to the start and the end of a round.
func TestEchoDoesNotAllocate(t *testing.T) {
	const datagrams, limit = 10_000, 100
	round := newEcho(t, func(*UDP) {})
	if n := testing.AllocsPerRun(1, func() { round(datagrams) }); n > limit {
		t.Errorf("%v allocations for %d datagrams there and back, expected at most %d", n, datagrams, limit)
	}
}

// With a batch of one datagram every datagram still arrives, one in each turn of the loop.
func TestSetBatch(t *testing.T) {
	SetBatch(1)
	defer SetBatch(0)
	u := listen(t, UDPConfig{})
	const n = 10
	inTurn, got, done := 0, 0, make(chan struct{})
	run(t, u, &node{
		datagram: func(time.Duration, netip.AddrPort, []byte) {
			inTurn++
			if got++; got == n {
				close(done)
			}
		},
		flush: func(time.Duration) {
			if inTurn > 1 {
				t.Errorf("%d datagrams in a turn, expected at most 1", inTurn)
			}
			inTurn = 0
		},
	})
	u.Post(func(time.Duration) {
		for range n {
			u.Send(u.LocalAddr(), []byte("x"))
		}
	})
	<-done
	if again := listen(t, UDPConfig{batch: 2}); again.cfg.batch != 1 {
		t.Errorf("a batch of %d datagrams, expected 1", again.cfg.batch)
	}
}
