package baselines

import (
	"fmt"
	"time"

	"github.com/netordered/nopaxos/lab/baseline"
	"github.com/netordered/nopaxos/lab/baseline/vr"
	"github.com/netordered/nopaxos/lab/sim/registers"
)

// result is the outcome of a run.
type result struct {
	Calls    int
	Replicas int
	Stats    vr.Stats // summed over the replicas' last lives
	Err      error    // a checker's finding
}

// run runs a system with the workload and the faults of a seed.
func run(system baseline.System, seed uint64) result {
	w, err := newWorld(system, seed)
	if err != nil {
		return result{Err: err}
	}
	w.plan()
	w.network.RunUntil(loadFor)
	w.heal()
	w.await(func() bool { return w.history.Count(registers.Pending) == 0 }, "every call has returned")
	w.await(w.agreed, "all replicas are in the same state")
	w.compare()
	w.checkHistory()
	result := result{Calls: w.history.Count(registers.Done), Replicas: len(w.peers), Err: w.err}
	for _, m := range w.replicas {
		if r, ok := m.core.(*vr.Replica); ok {
			result.Stats.Add(&r.Stats)
		}
	}
	return result
}

// await advances time until a condition holds.
func (w *world) await(holds func() bool, what string) {
	for until := w.network.Now() + patience; w.err == nil && !holds(); {
		if w.network.Now() >= until {
			w.fail(fmt.Errorf("not within %v of the last fault: %s (%d calls pending)", patience, what, w.history.Count(registers.Pending)))
			return
		}
		w.network.RunUntil(w.network.Now() + time.Millisecond)
	}
}

// checkHistory checks the clients' history against the log of the replicas, which agree.
func (w *world) checkHistory() {
	if w.err != nil {
		return
	}
	order := w.replicas[0].machine.Executed()
	if w.err = w.history.Witness(order); w.err == nil {
		w.err = w.history.Linearizable(order)
	}
}

// compare adds the first difference between the replicas' logs to an error.
func (w *world) compare() {
	if w.err == nil {
		return
	}
	first := w.replicas[0].machine.Executed()
	for _, m := range w.replicas[1:] {
		own := m.machine.Executed()
		for i := range min(len(first), len(own)) {
			if first[i].UID != own[i].UID {
				w.err = fmt.Errorf("%w; operation %d is op%d at replica 0 and op%d at replica %d", w.err, i+1, first[i].UID, own[i].UID, m.self)
				return
			}
		}
	}
}

// agreed reports whether all replicas are up, have their state, and have executed the same.
func (w *world) agreed() bool {
	for _, m := range w.replicas {
		if !m.whole() || !m.machine.Last().Same(w.replicas[0].machine.Last()) {
			return false
		}
	}
	return true
}
