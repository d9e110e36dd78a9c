// Package transporttest tests the UDP transport between two hosts of package netlab, over links that differ
// from loopback: with a small MTU, or without offload.
package transporttest

import (
	"context"
	"encoding/binary"
	"errors"
	"net/netip"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/netordered/nopaxos/lab/netlab"
	"github.com/netordered/nopaxos/monotime"
	"github.com/netordered/nopaxos/transport"
)

// node is a handler of datagrams only.
type node func(b []byte)

func (n node) Datagram(_ time.Duration, _ netip.AddrPort, b []byte) { n(b) }
func (node) Bulk(time.Duration, []byte)                             {}
func (node) Tick(time.Duration)                                     {}
func (node) Deadline() time.Duration                                { return monotime.Never }
func (node) Flush(time.Duration)                                    {}

// run runs h on u until the test ends or stop is called.
func run(t *testing.T, u *transport.UDP, h transport.Handler) (stop func()) {
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

// sendTrain sends count numbered datagrams of one length in one batch.
func sendTrain(u *transport.UDP, to netip.AddrPort, count uint32, length int) {
	u.Post(func(time.Duration) {
		d := make([]byte, length)
		for i := range count {
			u.Send(to, fill(d, i))
		}
	})
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

// cable returns two hosts with a cable between them.
func cable(t *testing.T, mtu int, raw bool) (a, b *netlab.Node) {
	if err := netlab.Supported(); err != nil {
		t.Skip(err)
	}
	lab, err := netlab.New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := lab.Close(); err != nil {
			t.Error(err)
		}
	})
	if a, err = lab.AddNode("a"); err == nil {
		b, err = lab.AddNode("b")
	}
	if err == nil {
		err = lab.Link(
			netlab.Port{Node: a, Name: "eth0", Address: netip.MustParsePrefix("10.97.1.1/24"), MTU: mtu, Raw: raw},
			netlab.Port{Node: b, Name: "eth0", Address: netip.MustParsePrefix("10.97.1.2/24"), MTU: mtu, Raw: raw})
	}
	if err != nil {
		t.Fatal(err)
	}
	return a, b
}

// listenOn opens a transport on a host.
func listenOn(t *testing.T, n *netlab.Node, addr string) (u *transport.UDP) {
	if err := n.Do(func() (err error) { u, err = transport.ListenUDP(transport.UDPConfig{Addr: addr}); return err }); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(u.Close)
	return u
}

// TestTrainBeyondMTU sends a train of datagrams that exceed the MTU. The kernel fragments datagrams but not
// trains. They must arrive all the same.
func TestTrainBeyondMTU(t *testing.T) {
	a, b := cable(t, 700, false)
	const count = 20
	sender, receiver := listenOn(t, a, "10.97.1.1:9"), listenOn(t, b, "10.97.1.2:9")
	got, done := uint32(0), make(chan struct{})
	run(t, receiver, node(func(d []byte) {
		if len(d) != 1000 || !holds(d, got) {
			t.Errorf("datagram %d has %d bytes, expected 1000 with its number", got, len(d))
		}
		if got++; got == count {
			close(done)
		}
	}))
	stop := run(t, sender, node(func([]byte) {}))
	sendTrain(sender, receiver.LocalAddr(), count, 1000)
	<-done
	stop()
	if s := sender.Stats(); s.DatagramsOut != count || s.SendFailed != 0 {
		t.Errorf("counters: %+v", s)
	}
}

// TestTrainWithoutOffload sends a train over a cable without offload, as at the ports of a software switch.
// Every datagram must be a frame with its own headers and checksum.
func TestTrainWithoutOffload(t *testing.T) {
	a, b := cable(t, 1500, true)
	var tap int
	if err := b.Do(func() (err error) {
		tap, err = unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, int(binary.NativeEndian.Uint16([]byte{8, 0})))
		return err
	}); err != nil {
		t.Fatal(err)
	}
	defer unix.Close(tap)
	if err := unix.SetsockoptTimeval(tap, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: 10}); err != nil {
		t.Fatal(err)
	}
	const count, length = 20, 200
	sender := listenOn(t, a, "10.97.1.1:9")
	run(t, sender, node(func([]byte) {}))
	sendTrain(sender, netip.MustParseAddrPort("10.97.1.2:9"), count, length)
	frame := make([]byte, 1<<16)
	for i := uint32(0); i < count; {
		n, _, err := unix.Recvfrom(tap, frame, 0)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			t.Fatalf("frame %d: %v", i, err)
		}
		const headers = 14 + 20 + 8
		if n < headers || frame[23] != unix.IPPROTO_UDP {
			continue
		}
		if n != headers+length || !holds(frame[headers:n], i) {
			t.Fatalf("frame %d has %d bytes, expected %d", i, n, headers+length)
		}
		if sum := udpSum(frame[14:n]); sum != 0xffff {
			t.Fatalf("frame %d: the UDP checksum adds up to %#x, expected 0xffff", i, sum)
		}
		i++
	}
}

// udpSum computes the sum that UDP's checksum covers (RFC 768) of an IPv4 packet without options.
func udpSum(packet []byte) uint16 {
	sum := uint32(packet[9]) + uint32(len(packet)-20)
	for b := packet[12:]; len(b) > 0; b = b[2:] {
		sum += uint32(binary.BigEndian.Uint16(b))
	}
	for sum > 0xffff {
		sum = sum&0xffff + sum>>16
	}
	return uint16(sum)
}
