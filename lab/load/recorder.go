package load

import (
	"errors"
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/netordered/nopaxos/monotime"
)

const (
	windowOps = 10_000        // operations in a window, more or less
	maxOps    = 8 * windowOps // with so many the load waits for the judge
	banks     = 2
)

// bank is one of the two sets of keys.
type bank struct {
	index int
	free  bool // neither loaded nor being judged
	full  bool // retired: nothing new begins on it
	open  int  // operations that have not returned
	ops   []operation

	keys [bankKeys]keyState
}

// keyState is what is known of a key between two windows.
type keyState struct {
	initial    value
	unresolved []operation
}

// recorder notes every operation, and hands a bank over to be judged when its window is over.
type recorder struct {
	origin time.Time
	retire chan *bank // banks whose window is over

	mu        sync.Mutex
	room      sync.Cond // the judge has freed a bank
	banks     [banks]*bank
	current   *bank
	lastValue value

	total    [paths]pathStats
	interval *hdrhistogram.Histogram // since the last progress line
	acked    uint64                  // writes
	unknown  uint64                  // operations
	gap      gapMeter
}

// path is how an operation reaches the store.
type path int

const (
	pathLibrary path = iota
	pathRESP
	paths
)

func (p path) String() string { return [paths]string{"client library", "RESP (go-redis)"}[p] }

type pathStats struct {
	operations uint64
	latency    *hdrhistogram.Histogram // µs
}

func newHistogram() *hdrhistogram.Histogram { return hdrhistogram.New(1, 60_000_000, 3) }

func newRecorder() *recorder {
	r := &recorder{origin: time.Now(), retire: make(chan *bank, banks), interval: newHistogram()}
	r.room.L = &r.mu
	for i := range r.banks {
		r.banks[i] = &bank{index: i, free: i != 0}
	}
	r.current = r.banks[0]
	for p := range r.total {
		r.total[p].latency = newHistogram()
	}
	return r
}

// ticket is an operation that has begun.
type ticket struct {
	bank  *bank
	index int
	operation
}

// begin notes the call of an operation on the key of that number in the current bank.
func (r *recorder) begin(key int, write bool) ticket {
	r.mu.Lock()
	defer r.mu.Unlock()
	for len(r.current.ops) >= windowOps {
		other := r.banks[1-r.current.index]
		if other.free {
			r.retireLocked()
			other.free = false
			r.current = other
			break
		}
		if len(r.current.ops) < maxOps {
			break
		}
		r.room.Wait()
	}
	b := r.current
	o := operation{key: key, write: write, unknown: true, end: monotime.Never, call: time.Since(r.origin)}
	if write {
		r.lastValue++
		o.value = r.lastValue
	}
	b.ops = append(b.ops, o)
	b.open++
	return ticket{bank: b, index: len(b.ops) - 1, operation: o}
}

// end notes the outcome of an operation. With an error the outcome is unknown, but for errNotSent.
func (r *recorder) end(p path, t ticket, read value, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	o := &t.bank.ops[t.index]
	if err == nil {
		o.unknown, o.end = false, time.Since(r.origin)
		if o.write {
			r.acked++
		} else {
			o.value = read
		}
		micros := (o.end - o.call).Microseconds()
		// A value beyond the histogram's range is not recorded; operations time out before.
		_ = r.interval.RecordValue(micros)
		_ = r.total[p].latency.RecordValue(micros)
		r.total[p].operations++
		r.gap.completed(o.end)
	} else if errors.Is(err, errNotSent) {
		o.write = false // as little as a read without an outcome
	} else {
		r.unknown++
	}
	t.bank.open--
	r.handOverLocked(t.bank)
}

// finish retires the current bank. Nothing may begin any more.
func (r *recorder) finish() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.retireLocked()
}

func (r *recorder) retireLocked() {
	r.current.full = true
	r.handOverLocked(r.current)
}

func (r *recorder) handOverLocked(b *bank) {
	if b.full && b.open == 0 {
		r.retire <- b // never waits: there is room for all banks
	}
}

// release gives a judged bank back to the load.
func (r *recorder) release(b *bank) {
	r.mu.Lock()
	defer r.mu.Unlock()
	b.ops, b.full, b.free = b.ops[:0], false, true
	r.room.Broadcast()
}

// takeInterval returns how many operations completed since the last call, and the median and the 99th
// percentile of their latencies in µs.
func (r *recorder) takeInterval() (operations, p50, p99 int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	h := r.interval
	operations, p50, p99 = h.TotalCount(), h.ValueAtQuantile(50), h.ValueAtQuantile(99)
	h.Reset()
	return operations, p50, p99
}

// mark starts a new measurement of the longest gap and returns the one that ends.
func (r *recorder) mark() time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.gap.restart(time.Since(r.origin))
}

// gapMeter measures the longest time without a completion.
type gapMeter struct {
	last    time.Duration // a completion, or the beginning
	longest time.Duration
}

func (g *gapMeter) completed(now time.Duration) {
	g.longest = max(g.longest, now-g.last)
	g.last = now
}

// restart returns the longest gap so far, one that is still open included, and begins anew.
func (g *gapMeter) restart(now time.Duration) time.Duration {
	g.completed(now)
	longest := g.longest
	g.longest = 0
	return longest
}
