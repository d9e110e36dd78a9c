package role

import (
	"errors"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/netordered/nopaxos/monotime"
)

// fakeAsker completes operations at the test's request.
type fakeAsker struct {
	open  []uint64
	ended []uint64
	err   error
	view  uint32
}

func (a *fakeAsker) invoke(_ time.Duration, tag uint64, _ []byte) error {
	a.open = append(a.open, tag)
	return nil
}

func (a *fakeAsker) flush(done func(uint64, error)) {
	ended := a.ended
	a.ended = nil
	for _, tag := range ended {
		done(tag, a.err)
	}
}

func (a *fakeAsker) answer() { a.ended, a.open = append(a.ended, a.open...), nil }

func (a *fakeAsker) abandon(time.Duration)          { a.open = nil }
func (a *fakeAsker) datagram(time.Duration, []byte) {}
func (a *fakeAsker) tick(time.Duration)             {}
func (a *fakeAsker) deadline() time.Duration        { return monotime.Never }
func (a *fakeAsker) reroute(time.Duration)          {}
func (a *fakeAsker) retransmissions() uint64        { return 0 }
func (a *fakeAsker) session() uint32                { return a.view }

// world is a driver in virtual time.
type world struct {
	t     *testing.T
	now   time.Duration
	asker *fakeAsker
	*driver
	load *run
}

func newWorld(t *testing.T, l Load) *world {
	t.Helper()
	w := &world{t: t, asker: &fakeAsker{}}
	w.driver = newDriver(w.asker, 0)
	w.clock = func() time.Duration { return w.now }
	l.Workload, l.Begin = WorkloadEcho, time.Now()
	r, err := newRun(&l, 0)
	if err != nil {
		t.Fatal(err)
	}
	w.load = r
	w.begin(0, r)
	w.step(0)
	return w
}

// step advances time as the event loop does, calling Tick at each deadline.
func (w *world) step(to time.Duration) {
	for w.now <= to {
		if at := w.Deadline(); at > w.now {
			w.now = min(at, to+1)
			if w.now > to {
				break
			}
		}
		w.Tick(w.now)
		w.Flush(w.now)
		if w.run == nil {
			break
		}
	}
	w.now = to
}

// answer completes all operations now.
func (w *world) answer() {
	w.asker.answer()
	w.Flush(w.now)
}

func (w *world) result() (*Result, *hdrhistogram.Histogram) {
	w.t.Helper()
	select {
	case <-w.load.over:
	default:
		w.t.Fatal("the load is not over")
	}
	result, err := w.load.result()
	if err != nil {
		w.t.Fatal(err)
	}
	h, err := DecodeLatencies(result.Latencies)
	if err != nil {
		w.t.Fatal(err)
	}
	return result, h
}

// If the server stalls for the whole measured time, operations of an open loop wait from their due times: half of
// the measured time on average.
func TestOpenLoopOmitsNothing(t *testing.T) {
	const stall, rate = time.Second, 2000
	w := newWorld(t, Load{Measure: stall, Rate: rate})
	w.step(stall)
	w.answer()
	result, h := w.result()
	if n := h.TotalCount(); n < rate*8/10 || n > rate*12/10 {
		t.Errorf("%d latencies, expected about %d", n, rate)
	}
	if mean := time.Duration(h.Mean()); mean < stall*4/10 || mean > stall*6/10 {
		t.Errorf("mean latency is %v, expected about %v", mean, stall/2)
	}
	if result.Operations != 0 || result.Unfinished != 0 {
		t.Errorf("%d operations completed within the measured time, %d never, expected none", result.Operations, result.Unfinished)
	}
}

// The latencies include unanswered operations, with their waiting time until the client gave up.
func TestOpenLoopKeepsTheUnanswered(t *testing.T) {
	const measured, rate = time.Second, 1000
	w := newWorld(t, Load{Measure: measured, Rate: rate})
	w.step(measured / 2)
	w.answer()
	w.step(measured + drain)
	result, h := w.result()
	if result.Unfinished == 0 || h.TotalCount() != int64(result.Operations+result.Unfinished) {
		t.Errorf("%d completed, %d did not, %d latencies, expected one of each", result.Operations, result.Unfinished, h.TotalCount())
	}
	if longest := time.Duration(h.Max()); longest < drain+measured/2*9/10 {
		t.Errorf("the longest took %v, expected about %v", longest, drain+measured/2)
	}
}

// In a closed loop every caller has one operation outstanding; warm-up does not count.
func TestClosedLoop(t *testing.T) {
	const callers, rounds = 3, 10
	w := newWorld(t, Load{WarmUp: 10 * time.Millisecond, Measure: rounds * time.Millisecond, Callers: callers, Timeline: true})
	for ms := 1; w.run != nil; ms++ {
		if n := len(w.asker.open); n != callers {
			t.Fatalf("%d operations are outstanding after %d ms, expected %d", n, ms, callers)
		}
		w.step(time.Duration(ms) * time.Millisecond)
		w.answer()
	}
	result, h := w.result()
	if result.Operations != callers*rounds || h.TotalCount() != callers*rounds {
		t.Errorf("%d operations, %d latencies, expected %d", result.Operations, h.TotalCount(), callers*rounds)
	}
	for i, n := range result.Timeline {
		if n != callers {
			t.Errorf("%d operations in millisecond %d, expected %d", n, i, callers)
		}
	}
	if p50 := time.Duration(h.ValueAtQuantile(50)); p50 < 990*time.Microsecond || p50 > 1010*time.Microsecond {
		t.Errorf("median latency is %v, expected 1ms", p50)
	}
}

// The first operation that completes in a later session marks the new session.
func TestNewSession(t *testing.T) {
	w := newWorld(t, Load{Measure: 10 * time.Millisecond, Callers: 1, Timeline: true})
	for ms := 1; w.run != nil; ms++ {
		w.step(time.Duration(ms) * time.Millisecond)
		if ms == 4 {
			w.asker.view = 7
		}
		w.answer()
	}
	if result, _ := w.result(); result.NewSession != 4*time.Millisecond {
		t.Errorf("the new session began after %v, expected 4ms", result.NewSession)
	}
}

// Operations without an outcome at the end, and errors, are counted.
func TestUnfinishedAndFailed(t *testing.T) {
	w := newWorld(t, Load{Measure: time.Millisecond, Callers: 2})
	w.step(time.Second)
	if result, _ := w.result(); result.Unfinished != 2 {
		t.Errorf("%d unfinished, expected 2", result.Unfinished)
	}
	w = newWorld(t, Load{Measure: time.Second, Callers: 2, Limit: 2})
	w.asker.err = errors.New("no")
	w.answer()
	if result, _ := w.result(); result.Failed != 2 || result.FirstError != "no" {
		t.Errorf("%+v, expected 2 failed", result)
	}
}

func TestInvalidLoads(t *testing.T) {
	for _, l := range []Load{{Workload: WorkloadEcho}, {Workload: WorkloadEcho, Callers: 1, Rate: 1}, {Workload: "?", Callers: 1}} {
		if _, err := newRun(&l, 0); err == nil {
			t.Errorf("%+v was accepted", l)
		}
	}
}
