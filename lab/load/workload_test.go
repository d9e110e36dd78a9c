package load

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/netordered/nopaxos/lab/zipf"
)

func TestValueText(t *testing.T) {
	for _, v := range []value{1, 42, 1 << 63} {
		got, err := parseValue(v.text())
		if err != nil || got != v || len(v.text()) != valueBytes {
			t.Errorf("%d: got %d, %v", v, got, err)
		}
	}
	for _, s := range []string{"", "x", value(0).text(), value(1).text() + "x", "-" + value(1).text()[1:]} {
		var stranger *strangerError
		if _, err := parseValue(s); !errors.As(err, &stranger) {
			t.Errorf("%q: got %v", s, err)
		}
	}
}

func TestZipfPrefersLowNumbers(t *testing.T) {
	z, random := zipf.New(bankKeys), rand.New(rand.NewPCG(1, 2))
	var count [bankKeys]int
	const n = 100_000
	for range n {
		count[z.Draw(random)]++
	}
	if first := float64(count[0]) / n; first < 0.12 || first > 0.18 {
		t.Errorf("the first key has a share of %.3f, expected about 1/H(512) = 0.147", first)
	}
	if count[0] <= count[1] || count[1] <= count[10] {
		t.Errorf("counts %v", count[:11])
	}
}

// A write that was never sent takes part in nothing.
func TestUnsentWritesAreNone(t *testing.T) {
	r := newRecorder()
	r.end(pathRESP, r.begin(1, true), 0, fmt.Errorf("dialing: %w", errNotSent))
	r.finish()
	if o := (<-r.retire).ops[0]; o.write || !o.unknown || r.unknown != 0 {
		t.Errorf("operation %+v, %d unknown", o, r.unknown)
	}
}

// Windows change while operations are open, and none is lost on the way.
func TestRecorderHandsEveryOperationOver(t *testing.T) {
	r := newRecorder()
	slow := r.begin(0, true)
	for range windowOps + 10 {
		r.end(pathRESP, r.begin(1, true), 0, nil)
	}
	if r.current.index != 1 {
		t.Fatal("the load is still on the first bank")
	}
	select {
	case <-r.retire:
		t.Fatal("a bank was handed over with an open operation")
	default:
	}
	r.end(pathLibrary, slow, 0, errors.New("timed out"))
	first := <-r.retire
	if n := len(first.ops); first.index != 0 || n != windowOps || !first.ops[0].unknown || first.ops[1].unknown {
		t.Errorf("bank %d with %d operations", first.index, n)
	}
	r.release(first)
	r.finish()
	if second := <-r.retire; second.index != 1 || len(second.ops) != 11 {
		t.Errorf("bank %d with %d operations", second.index, len(second.ops))
	}
	if r.unknown != 1 || r.acked != windowOps+10 {
		t.Errorf("%d unknown, %d acknowledged", r.unknown, r.acked)
	}
}

func TestGapMeter(t *testing.T) {
	var g gapMeter
	ms := func(n int) time.Duration { return time.Duration(n) * time.Millisecond }
	g.completed(ms(1))
	g.completed(ms(5))
	g.completed(ms(6))
	if got := g.restart(ms(8)); got != ms(4) {
		t.Errorf("got %v, expected 4ms", got)
	}
	g.completed(ms(30))
	if got := g.restart(ms(31)); got != ms(22) {
		t.Errorf("got %v, expected 22ms: from the beginning to the first completion", got)
	}
	if got := g.restart(ms(100)); got != ms(69) {
		t.Errorf("got %v, expected 69ms: the gap is still open", got)
	}
}
