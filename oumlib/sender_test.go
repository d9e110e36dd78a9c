package oumlib

import (
	"bytes"
	"errors"
	"net/netip"
	"strings"
	"testing"
)

func TestSenderAppend(t *testing.T) {
	s := NewSender(0x0AFF0001, 100)
	prefix := []byte("prefix")
	b, err := s.Append(bytes.Clone(prefix), []byte("payload"))
	if err != nil {
		t.Fatal(err)
	}
	want := append(append(prefix, referenceEncode(Header{Group: 0x0AFF0001})...), "payload"...)
	if !bytes.Equal(b, want) {
		t.Errorf("datagram is %x, expected %x", b, want)
	}
}

func TestSenderRefusesWhatExceedsTheMTU(t *testing.T) {
	s := NewSender(1, 100)
	if _, err := s.Append(nil, make([]byte, s.maxPayload())); err != nil {
		t.Errorf("a payload of the limit is refused: %v", err)
	}
	dst := []byte("kept")
	b, err := s.Append(dst, make([]byte, s.maxPayload()+1))
	var tooLarge *TooLargeError
	if !errors.As(err, &tooLarge) || tooLarge.Size != 73 || tooLarge.Limit != 72 || !strings.Contains(err.Error(), "limit is 72") {
		t.Errorf("error is %v, expected a TooLargeError that states the limit, 72 bytes", err)
	}
	if string(b) != "kept" {
		t.Errorf("dst is %q after an error", b)
	}
	if _, err := NewSender(1, 10).Append(nil, []byte("x")); err == nil {
		t.Error("an MTU below the header's length takes a payload")
	}
}

func TestSenderAddr(t *testing.T) {
	s := NewSender(1, 100)
	if s.Addr().IsValid() {
		t.Errorf("address is %v before any was set", s.Addr())
	}
	addr := netip.MustParseAddrPort("10.0.0.1:9797")
	s.SetAddr(addr)
	if s.Addr() != addr {
		t.Errorf("address is %v, expected %v", s.Addr(), addr)
	}
}
