package client

import (
	"testing"

	"github.com/netordered/nopaxos/replica/wire"
)

// BenchmarkCore is the client's work for one request of 100 bytes: one REQUEST out, three REPLYs in.
func BenchmarkCore(b *testing.B) {
	core := newTestCore(b, 3, nil)
	newDriver(b, core).register(1)
	op := make([]byte, 100)
	m := wire.Request{Client: wire.ClientID{Lo: 1}}
	frame := make([]byte, 0, 256)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if _, err := core.Invoke(0, 1, op); err != nil {
			b.Fatal(err)
		}
		m.ID++
		for from := range 3 {
			r := wire.Reply{View: view1, Slot: m.ID, Client: m.Client, ID: m.ID, Replica: uint16(from), Incarnation: 1}
			if from == 0 {
				r.Status, r.Total, r.Part = wire.StatusOK, 8, op[:8]
			}
			frame = testKeys.Client.Seal(wire.AppendReply(frame[:0], &r), 0)
			core.Reply(0, frame)
		}
		if n := len(core.Effects()); n != 2 {
			b.Fatalf("%d effects, expected a REQUEST and its outcome", n)
		}
		core.ClearEffects()
	}
}

func TestCoreDoesNotAllocate(t *testing.T) {
	if n := testing.Benchmark(BenchmarkCore).AllocsPerOp(); n != 0 {
		t.Errorf("%d allocations per request, expected none", n)
	}
}
