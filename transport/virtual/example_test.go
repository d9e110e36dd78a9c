package virtual_test

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/netordered/nopaxos/monotime"
	"github.com/netordered/nopaxos/transport"
	"github.com/netordered/nopaxos/transport/virtual"
)

// echo is a node that returns every datagram to its sender.
type echo struct{ network transport.Network }

func (e *echo) Datagram(_ time.Duration, from netip.AddrPort, b []byte) { e.network.Send(from, b) }
func (e *echo) Bulk(time.Duration, []byte)                              {}
func (e *echo) Tick(time.Duration)                                      {}
func (e *echo) Deadline() time.Duration                                 { return monotime.Never }
func (e *echo) Flush(time.Duration)                                     {}

// Two nodes return a ball to each other until a lossy link drops it.
func Example() {
	a, b := netip.MustParseAddrPort("10.0.0.1:1"), netip.MustParseAddrPort("10.0.0.2:1")
	var link virtual.Link = func(from, _ netip.AddrPort, _ int, now time.Duration) []time.Duration {
		if from == a && now > 300*time.Millisecond {
			return nil
		}
		return []time.Duration{100 * time.Millisecond}
	}
	n := virtual.New(link, link)
	n.SetObserver(func(e virtual.Event) {
		if e.Kind == virtual.Datagram {
			fmt.Printf("%v %v from %v: %s\n", e.Time, e.Kind, e.From, e.Data)
		}
	})
	server, client := n.Attach(b), n.Attach(a)
	server.Start(&echo{server})
	client.Start(&echo{client})
	client.Send(b, []byte("ball"))
	n.RunUntil(time.Second)
	// Output:
	// 100ms datagram from 10.0.0.1:1: ball
	// 200ms datagram from 10.0.0.2:1: ball
	// 300ms datagram from 10.0.0.1:1: ball
	// 400ms datagram from 10.0.0.2:1: ball
}
