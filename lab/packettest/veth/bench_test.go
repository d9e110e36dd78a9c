//go:build linux

package veth

import (
	"bytes"
	"errors"
	"net/netip"
	"testing"
	"time"

	"github.com/netordered/nopaxos/lab/netlab"
	"github.com/netordered/nopaxos/lab/packettest"
)

// TestFramesPass checks that frames pass a cable unchanged, with and without a tag.
func TestFramesPass(t *testing.T) {
	b, err := New()
	if errors.Is(err, netlab.ErrNotSupported) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	}()
	plane, err := openPort(b.Node(), Interface(2))
	if err != nil {
		t.Fatal(err)
	}
	defer plane.close()
	deadline := time.Now().Add(10 * time.Second)
	from := b.Host(2)
	for _, tag := range []uint16{0, 0x000A, 0xB00A, 0xE000} {
		frame := packettest.Packet{
			EthDst: from.Gateway, EthSrc: from.MAC, VLAN: tag, TTL: 64,
			Src: from.Addr, Dst: netip.MustParseAddrPort("10.0.1.2:9"), Payload: []byte("payload"),
		}.Frame()
		if err := b.Inject(2, frame); err != nil {
			t.Fatal(err)
		}
		got, err := plane.receive(deadline)
		if err != nil || !bytes.Equal(got, frame) {
			t.Errorf("toward the data plane: %v\n%s", err, packettest.Diff(frame, got))
		}
		if err := plane.send(frame); err != nil {
			t.Fatal(err)
		}
		got, err = b.Receive(2, deadline)
		if err != nil || !bytes.Equal(got, frame) {
			t.Errorf("from the data plane: %v\n%s", err, packettest.Diff(frame, got))
		}
	}
	if frame, err := b.Receive(2, time.Now()); err == nil {
		t.Errorf("received an unexpected frame:\n%s", packettest.Describe(frame))
	}
}
