package load

import (
	"errors"
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/netordered/nopaxos/monotime"
)

const (
	windowOps = 10_000        // operations in a window, approximately
	maxOps    = 8 * windowOps // at this number the load waits for the judge
	banks     = 2
)

// bank is one of the two sets of keys.
type bank struct {
	index int
	free  bool // neither in use nor being judged
	full  bool // retired: nothing new begins on it
	open  int  // operations that have not returned
	ops   []operation

	keys [bankKeys]keyState
}

// keyState is the state of a key between two windows.
type keyState struct {
	initial    value
	unresolved []operation
}

// recorder records every operation, and passes a bank to the judge at the end of its window.
type recorder struct {
	origin time.Time
	retire chan *bank // banks whose window is over

	mu        sync.Mutex
	room      sync.Cond // signaled when the judge frees a bank
	banks     [banks]*bank
	current   *bank
	lastValue value

	total    [paths]pathStats
	interval *hdrhistogram.Histogram // since the last progress line
	acked    uint64                  // writes
	unknown  uint64                  // operations
	gap      gapMeter
}

// path is the way by which an operation reaches the store.
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

// ticket refers to an operation that has begun.
type ticket struct {
	bank  *bank
	index int
	operation
}

// begin records the call of an operation on a key of the current bank.
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

// end records the outcome of an operation. With any error but errNotSent the outcome is unknown.
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
		// The histogram rejects values out of its range; operations time out before.
		_ = r.interval.RecordValue(micros)
		_ = r.total[p].latency.RecordValue(micros)
		r.total[p].operations++
		r.gap.completed(o.end)
	} else if errors.Is(err, errNotSent) {
		o.write = false // proves as little as a read without an outcome
	} else {
		r.unknown++
	}
	t.bank.open--
	r.handOverLocked(t.bank)
}

// finish retires the current bank. No operation may begin after it.
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
		r.retire <- b // never blocks: the channel has room for all banks
	}
}

// release returns a judged bank to the load.
func (r *recorder) release(b *bank) {
	r.mu.Lock()
	defer r.mu.Unlock()
	b.ops, b.full, b.free = b.ops[:0], false, true
	r.room.Broadcast()
}

// takeInterval implements Load.Interval.
func (r *recorder) takeInterval() (operations, p50, p99 int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	h := r.interval
	operations, p50, p99 = h.TotalCount(), h.ValueAtQuantile(50), h.ValueAtQuantile(99)
	h.Reset()
	return operations, p50, p99
}

// mark returns the longest gap since the previous mark and starts a new measurement.
func (r *recorder) mark() time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.gap.restart(time.Since(r.origin))
}

// gapMeter measures the longest time without a completion.
type gapMeter struct {
	last    time.Duration // a completion, or the start
	longest time.Duration
}

func (g *gapMeter) completed(now time.Duration) {
	g.longest = max(g.longest, now-g.last)
	g.last = now
}

// restart returns the longest gap so far, including a gap that is still open, and starts again from zero.
func (g *gapMeter) restart(now time.Duration) time.Duration {
	g.completed(now)
	longest := g.longest
	g.longest = 0
	return longest
}
