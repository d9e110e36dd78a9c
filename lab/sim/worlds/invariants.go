package worlds

import (
	"fmt"
	"slices"
	"strings"

	"github.com/netordered/nopaxos/replica/wire"
)

// writer continues a history.
type writer struct {
	*histories
	history *history
	facts   *facts
	failure string
}

func (w *writer) fail(format string, args ...any) {
	if w.failure == "" {
		w.failure = fmt.Sprintf(format, args...)
	}
}

func (w *writer) all() {
	f := w.facts
	if f.changed {
		w.authentic()
		if f.entered {
			w.enters()
		}
		w.settles()
	}
	for i := range f.replies {
		w.replied(&f.replies[i])
	}
}

// text returns the contents of a log as text, for a failure.
func (w *writer) text(id logID) string { return w.atlas.logs.all[id].String() }

// authentic checks that the log has the message that was stamped with each session and number.
func (w *writer) authentic() {
	c := &w.atlas.logs.all[w.facts.log]
	for slot := c.start + 1; slot <= c.end(); slot++ {
		e := c.at(slot)
		if e.kind != wire.EntryRequest {
			continue
		}
		if s := int(e.session); s < 1 || s > len(w.history.sessions) || e.number < 1 || e.number > uint64(len(w.history.sessions[s-1])) {
			w.fail("slot %d holds number %d of session %d, which nobody stamped", slot, e.number, e.session)
		} else if stamped := w.history.sessions[s-1][e.number-1]; stamped.op != e.op {
			w.fail("slot %d holds %v as number %d of session %d, which is %v", slot, e, e.number, e.session, stamped.op)
		}
	}
}

// enters checks a view that a replica enters: views form a chain (invariant 10), only the leader starts one, and
// its log has everything that was committed (invariants 1 and 3) or stable (2) in lower views.
func (w *writer) enters() {
	f, h := w.facts, w.history
	for _, s := range h.started {
		if !s.view.LessEq(f.view) && !f.view.LessEq(s.view) {
			w.fail("views %v and %v were both started (invariant 10)", s.view, f.view)
		}
	}
	i := slices.IndexFunc(h.started, func(m milestone) bool { return m.view == f.view })
	switch {
	case i < 0 && !f.leader:
		w.fail("enters view %v, which its leader has not started", f.view)
	case i < 0:
		h.started = append(h.started, milestone{f.view, f.log})
		slices.SortFunc(h.started, func(a, b milestone) int {
			if a.view.Less(b.view) {
				return -1
			}
			return 1
		})
	}
	for _, m := range h.committed {
		if m.view.Less(f.view) {
			w.has("enters view %v with %s, in view %v %s was committed (slot %d; invariants 1, 3)", f.log, m)
		}
	}
	if h.stable.view.Less(f.view) {
		w.has("enters view %v with %s, in view %v %s was stable (slot %d; invariant 2)", f.log, h.stable)
	}
}

// has checks that the initial log of a view has a milestone of another view.
func (w *writer) has(format string, log logID, m milestone) {
	if slot := w.atlas.logs.lacks(log, m.log); slot != 0 {
		w.fail(format, w.facts.view, w.text(log), m.view, w.text(m.log), slot)
	}
}

// settles checks a replica's stable prefix against those of others (invariant 2).
func (w *writer) settles() {
	logs, h := w.atlas.logs, w.history
	stable := w.facts.stable
	if slot := logs.differ(stable, h.stable.log); slot != 0 {
		w.fail("%s is stable here, %s elsewhere (slot %d; invariant 2)", w.text(stable), w.text(h.stable.log), slot)
	}
	for _, m := range h.committed {
		if slot := logs.differ(stable, m.log); slot != 0 {
			w.fail("%s is stable, in view %v %s was committed (slot %d; invariants 1, 3)", w.text(stable), m.view, w.text(m.log), slot)
		}
	}
	if logs.all[stable].end() > logs.all[h.stable.log].end() {
		h.stable = milestone{w.facts.view, stable}
	}
}

// replied counts a REPLY: a request that f+1 replicas, the leader among them, have replied to for one slot in one
// view is committed, whether or not the client gets the REPLYs.
func (w *writer) replied(r *reply) {
	h, logs := w.history, w.atlas.logs
	if r.status == wire.StatusOK {
		w.result(r)
	}
	if w.isCommitted(r) {
		w.deliver(r)
		return
	}
	i := slices.IndexFunc(h.tallies, func(t tally) bool { return t.view == r.view && t.slot == r.slot && t.id == r.id })
	if i < 0 {
		i = len(h.tallies)
		h.tallies = append(h.tallies, tally{view: r.view, slot: r.slot, id: r.id})
	}
	t := &h.tallies[i]
	t.who |= 1 << w.facts.replica
	leader := r.view.LeaderOf(replicas)
	if w.facts.replica == leader {
		t.prefix = logs.upTo(w.facts.prefix, r.slot)
	}
	if t.who>>leader&1 == 1 && count(t.who) > faulty {
		m := milestone{t.view, t.prefix}
		h.tallies = slices.Delete(h.tallies, i, i+1)
		w.commits(m)
	}
	slices.SortFunc(h.tallies, func(a, b tally) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	w.deliver(r)
}

// result checks that a leader's result agrees with its log: it has the operations up to the first slot with the
// request, each once.
func (w *writer) result(r *reply) {
	c := &w.atlas.logs.all[w.facts.prefix]
	if c.start > 0 {
		return // the log's beginning is in a snapshot
	}
	want := ""
	for slot := uint64(1); slot <= min(r.slot, c.end()); slot++ {
		e := c.at(slot)
		if e.op == 0 || strings.Contains(want, string([]byte{byte(e.op)})) {
			continue
		}
		want += string([]byte{byte(e.op)})
		if (requestID{e.client, e.id}) == r.id {
			break
		}
	}
	if r.result != want {
		w.fail("answers %v#%d at slot %d with %v, its log gives %v (invariant 5)", r.id.client, r.id.id, r.slot, operations(r.result), operations(want))
	}
}

func count(who uint8) (n int) {
	for ; who != 0; who &= who - 1 {
		n++
	}
	return n
}

// isCommitted reports whether a REPLY is for a request known to be committed in its view.
func (w *writer) isCommitted(r *reply) bool {
	for _, m := range w.history.committed {
		if m.view != r.view {
			continue
		}
		c := &w.atlas.logs.all[m.log]
		if r.slot > c.start && r.slot <= c.end() {
			e := c.at(r.slot)
			return e.kind == wire.EntryRequest && requestID{e.client, e.id} == r.id
		}
	}
	return false
}

// commits checks the log of a committed result against all other committed and stable logs, and against the
// initial logs of higher views (invariants 1 to 3).
func (w *writer) commits(new milestone) {
	h, logs := w.history, w.atlas.logs
	for _, m := range h.committed {
		if slot := logs.differ(m.log, new.log); slot != 0 {
			w.fail("%s commits in view %v, in view %v %s was committed (slot %d; invariants 1, 3)", w.text(new.log), new.view, m.view, w.text(m.log), slot)
		}
	}
	if slot := logs.differ(h.stable.log, new.log); slot != 0 {
		w.fail("%s commits in view %v, %s is stable (slot %d; invariants 1, 3)", w.text(new.log), new.view, w.text(h.stable.log), slot)
	}
	for _, s := range h.started {
		if new.view.Less(s.view) {
			if slot := logs.lacks(s.log, new.log); slot != 0 {
				w.fail("%s commits in view %v, view %v was started with %s (slot %d; invariant 1)", w.text(new.log), new.view, s.view, w.text(s.log), slot)
			}
		}
	}
	i := slices.IndexFunc(h.committed, func(m milestone) bool { return m.view == new.view })
	if i < 0 {
		h.committed = append(h.committed, new)
		slices.SortFunc(h.committed, func(a, b milestone) int {
			if a.view.Less(b.view) || !b.view.Less(a.view) && a.view.Leader < b.view.Leader {
				return -1
			}
			return 1
		})
		return
	}
	if logs.all[new.log].end() > logs.all[h.committed[i].log].end() {
		h.committed[i].log = new.log
	}
}
