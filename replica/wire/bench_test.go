package wire

import (
	"net/netip"
	"testing"
)

// Messages of normal operation are encoded, sealed, opened and decoded without allocation.

func BenchmarkRequest(b *testing.B) {
	m := Request{Client: ClientID{Lo: 9}, ID: 3, Low: 2, ReplyTo: netip.MustParseAddrPort("127.0.0.1:4000"), Op: make([]byte, 100)}
	benchmark(b, testKeys.Client, func(b []byte) []byte { return AppendRequest(b, &m) }, func(b []byte) error {
		_, err := ParseRequest(b)
		return err
	})
}

func BenchmarkReply(b *testing.B) {
	m := Reply{Slot: 1, Client: ClientID{Lo: 9}, ID: 3, Status: StatusOK, Total: 100, Part: make([]byte, 100)}
	benchmark(b, testKeys.Client, func(b []byte) []byte { return AppendReply(b, &m) }, func(b []byte) error {
		_, err := ParseReply(b)
		return err
	})
}

func BenchmarkTick(b *testing.B) {
	m := Tick{Time: 1}
	benchmark(b, testKeys.Replica, func(b []byte) []byte { return AppendTick(b, &m) }, func(b []byte) error {
		_, err := ParseTick(b)
		return err
	})
}

func benchmark(b *testing.B, auth Auth, write func([]byte) []byte, parse func([]byte) error) {
	frame := make([]byte, 0, 1400)
	b.ReportAllocs()
	for b.Loop() {
		frame = auth.Seal(write(frame[:0]), 0)
		_, body, err := testKeys.Open(frame)
		if err != nil {
			b.Fatal(err)
		}
		if err := parse(body); err != nil {
			b.Fatal(err)
		}
	}
}

func TestHotMessagesDoNotAllocate(t *testing.T) {
	for name, f := range map[string]func(*testing.B){
		"Request": BenchmarkRequest, "Reply": BenchmarkReply, "Tick": BenchmarkTick,
	} {
		if n := testing.Benchmark(f).AllocsPerOp(); n != 0 {
			t.Errorf("%s: %d allocations, expected none", name, n)
		}
	}
}
