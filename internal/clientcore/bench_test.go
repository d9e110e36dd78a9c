package clientcore

import (
	"testing"

	"github.com/netordered/nopaxos/internal/clientcore/grouptest"
	"github.com/netordered/nopaxos/replica/wire"
)

// newExchange returns a function that does the client's work for a request of 100 bytes: it sends a REQUEST and handles three
// REPLYs.
func newExchange(tb testing.TB) func() {
	core := newTestCore(tb, 3, nil)
	newDriver(tb, core).register(1)
	op := make([]byte, 100)
	m := wire.Request{Client: wire.ClientID{Lo: 1}}
	frame := make([]byte, 0, 256)
	return func() {
		if _, err := core.Invoke(0, 1, op); err != nil {
			tb.Fatal(err)
		}
		m.ID++
		for from := range 3 {
			r := wire.Reply{View: grouptest.View, Slot: m.ID, Client: m.Client, ID: m.ID, Replica: uint16(from), Incarnation: 1}
			if from == 0 {
				r.Status, r.Total, r.Part = wire.StatusOK, 8, op[:8]
			}
			frame = grouptest.Keys.Client.Seal(wire.AppendReply(frame[:0], &r), 0)
			core.Reply(0, frame)
		}
		if n := len(core.Effects()); n != 2 {
			tb.Fatalf("%d effects, expected a REQUEST and its outcome", n)
		}
		core.ClearEffects()
	}
}

func BenchmarkCore(b *testing.B) {
	exchange := newExchange(b)
	b.ReportAllocs()
	for b.Loop() {
		exchange()
	}
}

func TestCoreDoesNotAllocate(t *testing.T) {
	exchange := newExchange(t)
	const requests = 10_000
	if n := testing.AllocsPerRun(1, func() {
		for range requests {
			exchange()
		}
	}); n != 0 {
		t.Errorf("%v allocations for %d requests, expected none", n, requests)
	}
}
