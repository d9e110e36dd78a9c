package replica

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/cespare/xxhash/v2"
	"pgregory.net/rapid"

	"github.com/netordered/nopaxos/replica/clients"
)

// pieces is an encoding that is written in pieces.
type pieces [][]byte

func (p pieces) WriteTo(w io.Writer) (total int64, err error) {
	for _, b := range p {
		n, err := w.Write(b)
		if total += int64(n); err != nil {
			return total, err
		}
	}
	return total, nil
}

// TestEncode: the chunks of an encoding are the encoding, and each has the checksum up to its end. A transfer that
// starts over finds the same chunk.
func TestEncode(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := pieces(rapid.SliceOf(rapid.SliceOfN(rapid.Byte(), 0, 50)).Draw(t, "pieces"))
		size := rapid.IntRange(1, 64).Draw(t, "size")
		whole := bytes.Join(p, nil)
		var got []byte
		ended := false
		for k := range encode(p, size) {
			if ended || k.err != nil || k.offset != uint64(len(got)) || !k.last && len(k.data) != size {
				t.Fatalf("chunk %+v behind %d of %d bytes", k, len(got), len(whole))
			}
			got = append(got, k.data...)
			if k.sum != xxhash.Sum64(got) {
				t.Fatalf("the checksum at byte %d is wrong", len(got))
			}
			ended = k.last
		}
		if !ended || !bytes.Equal(got, whole) {
			t.Fatalf("the chunks are %q, ended %v, expected %q", got, ended, whole)
		}
		if len(whole) > 0 {
			at := rapid.Uint64Range(0, uint64(len(whole)-1)).Draw(t, "offset")
			o := newOutgoing(&snapshot{view: p}, size)
			defer o.stop()
			if o.advance(at); o.part.offset > at || o.part.end() <= at || o.part.data[at-o.part.offset] != whole[at] {
				t.Fatalf("byte %d of %q is not in chunk %+v", at, whole, o.part)
			}
		}
	})
}

// loadingMachine is a state machine that loads beside its state.
type loadingMachine struct {
	StateMachine
	state string
}

func (m *loadingMachine) Load(r io.Reader) (func(), error) {
	b, err := io.ReadAll(r)
	return func() { m.state = string(b) }, err
}

func (m *loadingMachine) Restore(r io.Reader) error {
	b, err := io.ReadAll(r)
	m.state = string(b)
	return err
}

// restoring is a loadingMachine without Load.
type restoring struct{ StateMachine }

// TestLoad loads a snapshot from chunks, by a state machine that loads beside its state and by one that does not.
// Neither changes before install. A snapshot that is cut short is refused.
func TestLoad(t *testing.T) {
	table := clients.New(4)
	head := &snapshot{slot: 7, base: 3, session: 2}
	const state = "the state, which is longer than a chunk"
	var b bytes.Buffer
	if _, err := table.Snapshot(head.head(), strings.NewReader(state)).WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	feed := func(sm StateMachine, data []byte, size int) *loaded {
		l := newLoader(sm, 4)
		defer l.stop()
		for k := range encode(pieces{data}, size) {
			if l.feed(bytes.Clone(k.data), k.last) == k.last {
				t.Fatalf("at byte %d of %d the loader wants more: %v", k.end(), len(data), !k.last)
			}
		}
		return l.out
	}
	for size := 1; size < b.Len()+2; size++ {
		m := &loadingMachine{state: "old"}
		for name, sm := range map[string]StateMachine{"beside": m, "in place": restoring{m}} {
			m.state = "old"
			out := feed(sm, b.Bytes(), size)
			if out.err != nil || out.head.slot != 7 || m.state != "old" {
				t.Fatalf("%s, in chunks of %d bytes: %v, head %+v, state %q", name, size, out.err, out.head, m.state)
			}
			if err := out.install(); err != nil || m.state != state {
				t.Fatalf("%s, in chunks of %d bytes: %v, state %q", name, size, err, m.state)
			}
		}
	}
	for _, n := range []int{0, 1, snapshotHeader - 1, snapshotHeader, snapshotHeader + 5} {
		if out := feed(&loadingMachine{}, b.Bytes()[:n], b.Len()); out.err == nil {
			t.Errorf("the first %d bytes load", n)
		}
	}
}

// TestPullStops: a sequence that is stopped ends by itself, whether it has begun or not.
func TestPullStops(t *testing.T) {
	for _, steps := range []int{0, 1, 3} {
		ended := make(chan bool, 1)
		next, stop := pull(func(yield func(int) bool) {
			defer close(ended)
			for i := 0; yield(i); i++ {
			}
		})
		for i := range steps {
			if v, ok := next(); !ok || v != i {
				t.Fatalf("value %d is %d, %v", i, v, ok)
			}
		}
		stop()
		stop()
		if steps > 0 {
			<-ended
		}
	}
	next, stop := pull(func(yield func(int) bool) { yield(1) })
	defer stop()
	next()
	for range 2 {
		if v, ok := next(); ok {
			t.Errorf("a value %d behind the end", v)
		}
	}
}

// TestTransferIsPaced: behind the burst, chunks wait for the rate.
func TestTransferIsPaced(t *testing.T) {
	for _, c := range []struct {
		offset        uint64
		elapsed, want time.Duration
	}{
		{0, 0, 0},
		{transferBurst, 0, 0},
		{transferBurst + maxTransferRate, 0, time.Second},
		{transferBurst + maxTransferRate, 600 * time.Millisecond, 400 * time.Millisecond},
		{transferBurst + maxTransferRate, 2 * time.Second, 0},
	} {
		in := incoming{offset: c.offset, began: time.Hour}
		if got := in.ahead(time.Hour + c.elapsed); got != c.want {
			t.Errorf("%v behind the start, at byte %d, the next chunk waits for %v, expected %v", c.elapsed, c.offset, got, c.want)
		}
	}
}
