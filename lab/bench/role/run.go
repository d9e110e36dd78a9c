package role

import (
	"fmt"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// run is a load being made, and its books. Only the event loop touches it between start and over.
type run struct {
	load *Load
	work *workload
	over chan struct{} // closed when the books are

	now                       time.Duration // of the batch
	first, from, last, giveUp time.Duration // first operation; measured from … to; waiting for the rest ends
	due                       time.Duration // of the next operation of an open loop
	begun                     bool
	dues                      []time.Duration // of the operation at each place
	free                      []uint32
	open, unfinished          uint64
	invoked                   int
	op                        []byte
	latencies                 *hdrhistogram.Histogram
	timeline                  []uint32
	operations, failed, again uint64
	phase                     phase
	mallocsBefore, mallocs    uint64 // when measuring began, and from then to its end
	session                   uint32 // when the load began
	newSession                time.Duration
	firstError                error
}

// phase is how far a load is.
type phase int

const (
	warming phase = iota
	measuring
	measured
)

// count takes the allocations of the measured time.
func (r *run) count() {
	switch {
	case r.phase == warming && r.now >= r.from:
		r.phase, r.mallocsBefore = measuring, mallocs()
	case r.phase == measuring && r.now >= r.last:
		r.phase, r.mallocs = measured, mallocs()-r.mallocsBefore
	}
}

// drain is how long operations may take to end after the measured time.
const drain = 500 * time.Millisecond

func newRun(l *Load, self int) (*run, error) {
	work, err := newWorkload(l, self)
	switch {
	case err != nil:
		return nil, err
	case (l.Callers > 0) == (l.Rate > 0):
		return nil, fmt.Errorf("load of %d callers and %g operations a second, expected one of them above 0", l.Callers, l.Rate)
	}
	r := &run{load: l, work: work, over: make(chan struct{}), latencies: newLatencies()}
	if l.Timeline {
		r.timeline = make([]uint32, l.Measure.Milliseconds())
	}
	return r, nil
}

// start fixes the load's times.
func (r *run) start(now time.Duration, again uint64) {
	r.now, r.again = now, again
	r.first = now + max(time.Until(r.load.Begin), 0)
	r.from = r.first + r.load.WarmUp
	r.last = r.from + r.load.Measure
	r.giveUp = r.last + drain
	r.due = r.first
}

// wake is when the load has something to do besides ending operations.
func (r *run) wake() time.Duration {
	switch {
	case r.load.Callers > 0 && !r.begun:
		return r.first
	case r.load.Callers > 0 && r.now < r.from:
		return r.from
	case r.load.Rate > 0 && r.due < r.last:
		return r.due
	case r.now < r.last:
		return r.last
	}
	return r.giveUp
}

// finished reports whether nothing is to come any more.
func (r *run) finished() bool {
	all := r.load.Limit > 0 && r.invoked >= r.load.Limit || r.now >= r.last
	return all && r.open == 0 || r.now >= r.giveUp
}

// place returns a free place for an operation.
func (r *run) place() uint32 {
	r.open++
	if n := len(r.free); n > 0 {
		i := r.free[n-1]
		r.free = r.free[:n-1]
		return i
	}
	r.dues = append(r.dues, 0)
	return uint32(len(r.dues) - 1)
}

func (r *run) leave(i uint32) {
	r.open--
	r.dues[i] = nobody
	r.free = append(r.free, i)
}

// nobody is the due time of a place that is free.
const nobody = -1

// late enters the operations of an open loop that have not ended: they took at least until now. Leaving them out
// would make a system that answers nobody look fast.
func (r *run) late() {
	for _, due := range r.dues {
		if r.load.Rate > 0 && due >= r.from && due < r.last {
			record(r.latencies, r.now-due)
		}
	}
}

func (r *run) fail(i uint32, err error) {
	r.leave(i)
	r.failed++
	if r.firstError == nil {
		r.firstError = err
	}
}

// succeed enters an operation. What an open loop wanted in the measured time counts for the latencies
// whenever it ends: leaving out what was late would flatter.
func (r *run) succeed(i uint32) {
	due := r.dues[i]
	r.leave(i)
	inside := r.now >= r.from && r.now < r.last
	if inside {
		r.operations++
		if at := int((r.now - r.from) / time.Millisecond); at < len(r.timeline) {
			r.timeline[at]++
		}
	}
	if r.load.Rate > 0 {
		inside = due >= r.from && due < r.last
	}
	if inside {
		record(r.latencies, r.now-due)
	}
}

// result is the books as they are told, after over.
func (r *run) result() (*Result, error) {
	text, err := encodeLatencies(r.latencies)
	if err != nil {
		return nil, err
	}
	result := &Result{
		Operations: r.operations, Failed: r.failed, Unfinished: r.unfinished, Retransmissions: r.again, Mallocs: r.mallocs,
		Latencies: text, Timeline: r.timeline, NewSession: r.newSession,
	}
	if r.firstError != nil {
		result.FirstError = r.firstError.Error()
	}
	return result, nil
}
