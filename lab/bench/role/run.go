package role

import (
	"fmt"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// run is a load in progress and its result. Only the event loop accesses it between start and over.
type run struct {
	load *Load
	work *workload
	over chan struct{} // closed when the result is complete

	now                       time.Duration // of the batch
	first, from, last, giveUp time.Duration // first operation; measured time begins and ends; waiting for outstanding operations ends
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
	mallocsBefore, mallocs    uint64 // at the beginning of the measured time, and from then to its end
	session                   uint32 // when the load began
	newSession                time.Duration
	firstError                error
}

// phase is the phase of a load.
type phase int

const (
	warming phase = iota
	measuring
	measured
)

// count counts the allocations of the measured time.
func (r *run) count() {
	switch {
	case r.phase == warming && r.now >= r.from:
		r.phase, r.mallocsBefore = measuring, mallocs()
	case r.phase == measuring && r.now >= r.last:
		r.phase, r.mallocs = measured, mallocs()-r.mallocsBefore
	}
}

// drain is the time after the measured time in which operations may complete.
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

// start sets the times of the load.
func (r *run) start(now time.Duration, again uint64) {
	r.now, r.again = now, again
	r.first = now + max(time.Until(r.load.Begin), 0)
	r.from = r.first + r.load.WarmUp
	r.last = r.from + r.load.Measure
	r.giveUp = r.last + drain
	r.due = r.first
}

// wake returns the time of the load's next action.
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

// finished reports whether the load is over.
func (r *run) finished() bool {
	all := r.load.Limit > 0 && r.invoked >= r.load.Limit || r.now >= r.last
	return all && r.open == 0 || r.now >= r.giveUp
}

// place allocates a place for an operation.
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
	r.dues[i] = unused
	r.free = append(r.free, i)
}

// unused is the due time of a free place.
const unused = -1

// late records the outstanding operations of an open loop, which took at least until now. Omitting them would make a
// system that never replies look fast.
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

// succeed records a completed operation. An open loop records the latencies of all operations that were due in the
// measured time, whenever they complete, because omitting late ones would hide long latencies.
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

// result returns the result, after over is closed.
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
