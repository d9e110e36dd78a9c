package transport

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// kinds are sockets with and without splitting and merging in the kernel.
var kinds = map[string]func(*UDP){
	"split and merged": func(*UDP) {},
	"not split": func(u *UDP) {
		u.sock.out = newOutgoing(u.cfg.batch, u.cfg.MTU, false)
	},
	"not merged": func(u *UDP) {
		_ = unix.SetsockoptInt(u.sock.fd, unix.SOL_UDP, unix.UDP_GRO, 0)
		u.sock.in = newIncoming(u.cfg.batch, u.cfg.MTU, false)
	},
}

// BenchmarkEchoApart is BenchmarkEcho with neither: every datagram passes the kernel by itself.
func BenchmarkEchoApart(b *testing.B) {
	benchmarkEcho(b, func(u *UDP) {
		kinds["not split"](u)
		kinds["not merged"](u)
	})
}

// TestTrains sends datagrams of random lengths, with runs of one length, to several addresses in several
// batches. Each address must receive all of them, unchanged and in order.
func TestTrains(t *testing.T) {
	for name, change := range kinds {
		for _, local := range []string{"127.0.0.1:0", "[::1]:0"} {
			t.Run(name+" "+local, func(t *testing.T) {
				const receivers, count = 3, 2000
				done := make(chan error, receivers)
				var to []netip.AddrPort
				for range receivers {
					u := listen(t, UDPConfig{Addr: local})
					change(u)
					to = append(to, u.LocalAddr())
					var sizes *rand.Rand
					next := uint32(0)
					run(t, u, &node{datagram: func(_ time.Duration, _ netip.AddrPort, b []byte) {
						if next == 0 {
							sizes = rand.New(rand.NewPCG(7, 7))
						}
						if want := size(sizes); next < count && (len(b) != want || !holds(b, next)) {
							next = count
							done <- fmt.Errorf("datagram %d has %d bytes and begins with %x, expected %d bytes of it", next, len(b), b[:min(8, len(b))], want)
						}
						if next++; next == count {
							done <- nil
						}
					}})
				}
				sender := listen(t, UDPConfig{Addr: local})
				change(sender)
				run(t, sender, &node{})
				sender.Post(func(time.Duration) {
					sizes := rand.New(rand.NewPCG(7, 7))
					b := make([]byte, DefaultMTU)
					for i := range uint32(count) {
						d := fill(b[:size(sizes)], i)
						for _, a := range to {
							sender.Send(a, d)
						}
					}
				})
				for range receivers {
					if err := <-done; err != nil {
						t.Error(err)
					}
				}
			})
		}
	}
}

// size draws the length of a datagram, mostly 100 bytes.
func size(r *rand.Rand) int {
	switch n := r.IntN(10); n {
	case 0:
		return 0
	case 1:
		return r.IntN(DefaultMTU)
	case 2:
		return DefaultMTU
	case 3, 4:
		return 80
	default:
		return 100
	}
}

// fill fills a datagram with its number.
func fill(b []byte, number uint32) []byte {
	for i := range b {
		b[i] = byte(number >> (8 * (i % 4)))
	}
	return b
}

func holds(b []byte, number uint32) bool {
	for i := range b {
		if b[i] != byte(number>>(8*(i%4))) {
			return false
		}
	}
	return true
}

// TestTrainLengths checks which datagrams form a train.
func TestTrainLengths(t *testing.T) {
	a, b := netip.MustParseAddrPort("127.0.0.1:1"), netip.MustParseAddrPort("127.0.0.1:2")
	tests := []struct {
		name   string
		split  bool
		queue  []queued
		trains [][]int // lengths
	}{
		{"one length", true, many(a, 100, 3), [][]int{{100, 100, 100}}},
		{"not supported", false, many(a, 100, 2), [][]int{{100}, {100}}},
		{"a shorter one ends it", true, append(many(a, 100, 2), append(many(a, 50, 1), many(a, 50, 2)...)...), [][]int{{100, 100, 50}, {50, 50}}},
		{"a longer one starts the next", true, append(many(a, 50, 2), many(a, 100, 1)...), [][]int{{50, 50}, {100}}},
		{"an empty one travels alone", true, append(many(a, 0, 2), many(a, 100, 1)...), [][]int{{0}, {0}, {100}}},
		{"by address", true, append(many(a, 100, 1), append(many(b, 100, 2), many(a, 100, 1)...)...), [][]int{{100, 100}, {100, 100}}},
		{"64 at most", true, many(a, 10, 65), [][]int{slice(10, 64), {10}}},
		{"65,000 bytes at most", true, many(a, 1400, 50), [][]int{slice(1400, 46), slice(1400, 4)}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			out := newOutgoing(DefaultBatch, DefaultMTU, tt.split)
			for _, q := range tt.queue {
				out.queue(q.to, make([]byte, q.n), false)
			}
			var got [][]int
			for _, tr := range out.trains {
				var lengths []int
				for d, n := tr.first, tr.count; n > 0; n-- {
					lengths = append(lengths, out.data[d].n)
					d = out.data[d].next
				}
				got = append(got, lengths)
			}
			if fmt.Sprint(got) != fmt.Sprint(tt.trains) {
				t.Errorf("trains of %v, expected %v", got, tt.trains)
			}
		})
	}
}

// queued is a datagram of n bytes.
type queued struct {
	to netip.AddrPort
	n  int
}

func many(to netip.AddrPort, n, count int) (list []queued) {
	for range count {
		list = append(list, queued{to, n})
	}
	return list
}

func slice(n, count int) (list []int) {
	for range count {
		list = append(list, n)
	}
	return list
}

// TestRefusedTrain makes the kernel refuse trains by disabling the socket's checksums. The datagrams must
// arrive all the same, sent one by one, and later trains must not include datagrams of their length.
func TestRefusedTrain(t *testing.T) {
	sender, receiver := listen(t, UDPConfig{}), listen(t, UDPConfig{})
	if sender.sock.out.longest == 0 {
		t.Skip("the kernel does not split what is sent")
	}
	if err := unix.SetsockoptInt(sender.sock.fd, unix.SOL_SOCKET, unix.SO_NO_CHECK, 1); err != nil {
		t.Fatal(err)
	}
	const count = 20
	got, done := uint32(0), make(chan struct{})
	run(t, receiver, &node{datagram: func(_ time.Duration, _ netip.AddrPort, d []byte) {
		if len(d) != 1000 || !holds(d, got) {
			t.Errorf("datagram %d has %d bytes, expected 1000 with its number", got, len(d))
		}
		if got++; got == count {
			close(done)
		}
	}})
	stop := run(t, sender, &node{})
	sender.Post(func(time.Duration) {
		d := make([]byte, 1000)
		for i := range uint32(count) {
			sender.Send(receiver.LocalAddr(), fill(d, i))
		}
	})
	<-done
	stop()
	if n := sender.sock.out.longest; n != 999 {
		t.Errorf("datagrams of up to %d bytes may join trains, expected 999", n)
	}
	if s := sender.Stats(); s.DatagramsOut != count || s.SendFailed != 0 {
		t.Errorf("counters: %+v", s)
	}
}
