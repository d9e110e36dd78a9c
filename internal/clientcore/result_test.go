package clientcore

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"

	"github.com/netordered/nopaxos/replica/wire"
)

// TestAssemblyAgainstBitmap checks that the result is complete exactly when every byte has arrived, for any parts, and that it is
// correct then.
func TestAssemblyAgainstBitmap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		result := rapid.SliceOfN(rapid.Byte(), 0, 60).Draw(t, "result")
		var a assembly
		view := wire.View{Leader: 3, Session: 1}
		missing := len(result)
		seen := make([]bool, len(result))
		for {
			from := rapid.IntRange(0, len(result)).Draw(t, "from")
			to := rapid.IntRange(from, len(result)).Draw(t, "to")
			a.add(&Answer{Reply: wire.Reply{View: view, Status: wire.StatusOK, Total: uint32(len(result)), Offset: uint32(from), Part: result[from:to]}})
			for i := from; i < to; i++ {
				if !seen[i] {
					seen[i] = true
					missing--
				}
			}
			if complete := a.complete(&tally{view: view, status: wire.StatusOK}); complete != (missing == 0) {
				t.Fatalf("complete: %v with %d of %d bytes missing, fragments %v", complete, missing, len(result), a.received)
			}
			if missing == 0 {
				break
			}
		}
		if !bytes.Equal(a.buf, result) {
			t.Fatalf("put together %x, expected %x", a.buf, result)
		}
	})
}

func TestFragmentsAreBounded(t *testing.T) {
	var a assembly
	for i := range uint32(2 * maxSpans) {
		a.add(&Answer{Reply: wire.Reply{Status: wire.StatusOK, Total: 4 * maxSpans, Offset: 2 * i, Part: []byte{1}}})
	}
	if len(a.received) != maxSpans {
		t.Errorf("%d fragments kept, expected %d", len(a.received), maxSpans)
	}
}
