package baselines

import (
	"fmt"
	"time"

	"github.com/netordered/nopaxos/lab/baseline"
	"github.com/netordered/nopaxos/lab/baseline/vr"
)

// Result is what a run came to.
type Result struct {
	Calls    int
	Replicas int
	Stats    vr.Stats // of all replicas' last lives
	Err      error    // what a checker found
}

// Run runs a system under what a seed means.
func Run(system baseline.System, seed uint64) Result {
	w, err := newWorld(system, seed)
	if err != nil {
		return Result{Err: err}
	}
	w.plan()
	w.network.RunUntil(loadFor)
	w.heal()
	w.await(func() bool { return w.history.pending() == 0 }, "everything is answered")
	w.await(w.agreed, "all replicas have come to the same state")
	w.compare()
	if w.err == nil {
		w.err = w.history.linearizable()
	}
	result := Result{Calls: len(w.history.calls), Replicas: len(w.peers), Err: w.err}
	for _, m := range w.replicas {
		if w.err == nil {
			result.Err = w.history.acknowledged(m.machine)
		}
		if r, ok := m.core.(*vr.Replica); ok {
			result.Stats.Add(&r.Stats)
		}
	}
	return result
}

// await lets time pass until a condition holds.
func (w *world) await(holds func() bool, what string) {
	for until := w.network.Now() + patience; w.err == nil && !holds(); {
		if w.network.Now() >= until {
			w.fail(fmt.Errorf("not within %v of the last fault: %s (%d calls pending)", patience, what, w.history.pending()))
			return
		}
		w.network.RunUntil(w.network.Now() + time.Millisecond)
	}
}

// compare looks for replicas that have executed different operations, which explains much.
func (w *world) compare() {
	first := w.replicas[0].machine.order
	for _, m := range w.replicas[1:] {
		for i := range min(len(first), len(m.machine.order)) {
			if first[i] != m.machine.order[i] && w.err != nil {
				w.err = fmt.Errorf("%w; operation %d is op%d at replica 0 and op%d at replica %d", w.err, i+1, first[i], m.machine.order[i], m.self)
				return
			}
		}
	}
}

// agreed reports whether all replicas live, are whole and have executed the same. It also looks for
// operations that were executed twice.
func (w *world) agreed() bool {
	for _, m := range w.replicas {
		if m.machine.broken != nil {
			w.fail(fmt.Errorf("replica %d: %w", m.self, m.machine.broken))
		}
		if !m.whole() || !m.machine.same(w.replicas[0].machine) {
			return false
		}
	}
	return true
}
