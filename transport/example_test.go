package transport_test

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"github.com/netordered/nopaxos/monotime"
	"github.com/netordered/nopaxos/transport"
)

// echo is a node that returns every datagram to its sender.
type echo struct{ network transport.Network }

func (e *echo) Datagram(_ time.Duration, from netip.AddrPort, b []byte) { e.network.Send(from, b) }
func (e *echo) Bulk(time.Duration, []byte)                              {}
func (e *echo) Tick(time.Duration)                                      {}
func (e *echo) Deadline() time.Duration                                 { return monotime.Never }
func (e *echo) Flush(time.Duration)                                     {}

// caller is a node that prints the datagrams it receives.
type caller struct {
	echo
	done context.CancelFunc
}

func (c *caller) Datagram(_ time.Duration, _ netip.AddrPort, b []byte) {
	fmt.Printf("%s\n", b)
	c.done()
}

// Two nodes exchange datagrams over loopback.
func ExampleListenUDP() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	server, err := transport.ListenUDP(transport.UDPConfig{Addr: "127.0.0.1:0", BulkAddr: "127.0.0.1:0"})
	if err != nil {
		fmt.Println(err)
		return
	}
	go server.Run(ctx, &echo{server})

	client, err := transport.ListenUDP(transport.UDPConfig{Addr: "127.0.0.1:0"})
	if err != nil {
		fmt.Println(err)
		return
	}
	client.Post(func(time.Duration) { // the event loop is the one place to send from
		client.Send(server.LocalAddr(), []byte("hello"))
		client.SendBulk(server.BulkAddr(), make([]byte, 1<<20)) // larger than any datagram
	})
	if err := client.Run(ctx, &caller{echo{client}, cancel}); err != nil {
		fmt.Println(err)
	}
	// Output: hello
}
