package worlds

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"github.com/netordered/nopaxos/replica/wire"
)

// historyID names a history.
type historyID uint32

// history is what a world remembers beside the states of its replicas: its clients, what the
// sequencers have stamped, and what has happened as far as a promise rests on it. It is part of a
// world's state, so that promises about a whole execution are checked along every one of them.
type history struct {
	clients  []customerID
	calls    []call      // of all clients, in the order in which they were called
	sessions [][]request // what each session's sequencer has stamped, from session 1 and number 1 on

	started   []milestone // views that were started, with the log that they began with
	committed []milestone // by view: the longest log that a result told a client rests on
	stable    milestone   // the longest stable prefix, and a view in which it was
	tallies   []tally     // of REPLYs for what is not committed
}

// call is an operation that a client called.
type call struct {
	op     opID
	after  []opID // operations that had returned before it was called
	done   bool
	result string
}

// milestone is a log that a view has reached.
type milestone struct {
	view wire.View
	log  logID
}

// tally is who has answered a request at a slot in a view.
type tally struct {
	view   wire.View
	slot   uint64
	id     requestID
	who    uint8
	prefix logID // of the leader's log, which its result comes from
}

// chronicle is all histories met so far, each once, and what came of what happened in them.
type chronicle struct {
	atlas     *atlas
	customers *customers
	all       []history
	ids       map[string]historyID
	observed  map[uint64]observation
	forgot    map[forgetKey]historyID
}

type forgetKey struct {
	history historyID
	views   [replicas]wire.View
}

// observation is what comes of facts in a history.
type observation struct {
	to      historyID
	failure string
}

func newChronicle(a *atlas, c *customers) *chronicle {
	return &chronicle{atlas: a, customers: c, ids: map[string]historyID{}, observed: map[uint64]observation{}, forgot: map[forgetKey]historyID{}}
}

func (t *chronicle) id(h *history) historyID {
	var b []byte
	num := func(v uint64) { b = binary.AppendUvarint(b, v) }
	view := func(v wire.View) { num(v.Leader); num(uint64(v.Session)) }
	for _, c := range h.clients {
		num(uint64(c))
	}
	num(uint64(len(h.calls)))
	for _, c := range h.calls {
		num(uint64(c.op))
		num(uint64(len(c.after)))
		for _, o := range c.after {
			num(uint64(o))
		}
		if c.done {
			num(uint64(len(c.result)) + 1)
			b = append(b, c.result...)
		} else {
			num(0)
		}
	}
	num(uint64(len(h.sessions)))
	for _, s := range h.sessions {
		num(uint64(len(s)))
		for _, r := range s {
			num(uint64(r.frame))
		}
	}
	for _, list := range [][]milestone{h.started, h.committed} {
		num(uint64(len(list)))
		for _, m := range list {
			view(m.view)
			num(uint64(m.log))
		}
	}
	view(h.stable.view)
	num(uint64(h.stable.log))
	for _, t := range h.tallies {
		view(t.view)
		num(t.slot)
		num(t.id.client.Hi)
		num(t.id.client.Lo)
		num(t.id.id)
		num(uint64(t.who))
		num(uint64(t.prefix))
	}
	if id, ok := t.ids[string(b)]; ok {
		return id
	}
	id := historyID(len(t.all))
	t.ids[string(b)] = id
	t.all = append(t.all, *h)
	return id
}

// clone copies a history so that it can be continued.
func (h *history) clone() history {
	c := *h
	c.clients = slices.Clone(h.clients)
	c.calls = slices.Clone(h.calls)
	c.sessions = slices.Clone(h.sessions)
	c.started = slices.Clone(h.started)
	c.committed = slices.Clone(h.committed)
	c.tallies = slices.Clone(h.tallies)
	return c
}

// observe continues a history by what a replica did.
func (t *chronicle) observe(from historyID, f factsID) observation {
	if f == noFacts {
		return observation{to: from}
	}
	key := uint64(from)<<32 | uint64(f)
	if o, ok := t.observed[key]; ok {
		return o
	}
	h := t.all[from].clone()
	w := &writer{chronicle: t, history: &h, facts: &t.atlas.facts[f]}
	w.all()
	o := observation{failure: w.failure}
	if o.failure == "" {
		o.to = t.id(&h)
	}
	t.observed[key] = o
	return o
}

// forget leaves out what can no longer come to anything: answers in views that those who have not
// answered in them have promised not to.
func (t *chronicle) forget(from historyID, views [replicas]wire.View) historyID {
	if len(t.all[from].tallies) == 0 {
		return from
	}
	key := forgetKey{from, views}
	if id, ok := t.forgot[key]; ok {
		return id
	}
	h := t.all[from].clone()
	h.tallies = slices.DeleteFunc(h.tallies, func(t tally) bool {
		for i, v := range views {
			if t.who>>i&1 == 0 && v.LessEq(t.view) {
				return false
			}
		}
		return true
	})
	id := t.id(&h)
	t.forgot[key] = id
	return id
}

// writer continues a history.
type writer struct {
	*chronicle
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

// logs writes the contents of a log for a failure.
func (w *writer) text(id logID) string { return w.atlas.logs.all[id].String() }

// authentic checks that the log holds what was stamped with each session and number.
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

// enters checks a view that a replica enters: views form a chain (invariant 10), only its leader
// starts one, and it starts with all that was committed (invariants 1 and 3) or stable (2) in those
// below.
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

// has checks that the log that a view is entered with has what was reached in another.
func (w *writer) has(format string, log logID, m milestone) {
	if slot := w.atlas.logs.lacks(log, m.log); slot != 0 {
		w.fail(format, w.facts.view, w.text(log), m.view, w.text(m.log), slot)
	}
}

// settles checks a replica's stable prefix against the others' (invariant 2).
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

// replied counts a REPLY: what f+1 replicas and the leader among them have answered for one slot in
// one view is committed, whether or not the client hears of it.
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

// result checks that a leader's result is that of its log: the operations up to the first slot that
// holds the request, each once.
func (w *writer) result(r *reply) {
	c := &w.atlas.logs.all[w.facts.prefix]
	if c.start > 0 {
		return // its beginning is in a snapshot
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

// isCommitted reports whether a REPLY is for what is known to be committed in its view.
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

// commits checks what a committed result rests on against all else that was ever committed, became
// stable, or a view above was started with (invariants 1 to 3).
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

// deliver hands a REPLY to its client at once. That a client hears of it later is as if it called its
// next operation later, and that it does not, and asks again, is a resend of what is complete. Results
// that come early leave fewer orders of operations that real time allows, so nothing is missed by it.
func (w *writer) deliver(r *reply) {
	h := w.history
	if r.client >= len(h.clients) {
		w.fail("replies to client %d of %d", r.client, len(h.clients))
		return
	}
	d := w.customers.step(h.clients[r.client], r.frame)
	if d.failure != "" {
		w.fail("client %d: %s", r.client, d.failure)
		return
	}
	h.clients[r.client] = d.to
	for i := range d.answers {
		w.returned(r.client, &d.answers[i])
	}
}

// returned checks what a client returns to its application: it is committed, and all results so far
// are those of one order of the operations that real time allows.
func (w *writer) returned(client int, a *answer) {
	h := w.history
	if a.err != nil {
		w.fail("client %d: %v fails: %v", client, a.op, a.err)
		return
	}
	if !w.holds(a) {
		w.fail("client %d returns %v, sent as %v#%d, which no f+1 replicas with their leader have answered so", client, a.op, a.request.client, a.request.id)
	}
	i := slices.IndexFunc(h.calls, func(c call) bool { return c.op == a.op })
	if i < 0 || h.calls[i].done {
		w.fail("client %d returns %v, which it is not waiting for", client, a.op)
		return
	}
	c := &h.calls[i]
	c.done, c.result = true, a.result
	if len(c.result) == 0 || opID(c.result[len(c.result)-1]) != c.op {
		w.fail("%v returns %v: it has to be the last", c.op, operations(c.result))
	}
	for _, before := range c.after {
		if !strings.Contains(c.result, string([]byte{byte(before)})) {
			w.fail("%v was called after %v had returned and does not see it: %v (linearizability)", c.op, before, operations(c.result))
		}
	}
	for _, other := range h.calls {
		if other.done && !strings.HasPrefix(c.result, other.result) && !strings.HasPrefix(other.result, c.result) {
			w.fail("%v saw %v, %v saw %v: no order gives both (linearizability)", c.op, operations(c.result), other.op, operations(other.result))
		}
	}
}

// holds reports whether a result is that of a committed log.
func (w *writer) holds(a *answer) bool {
	for _, m := range w.history.committed {
		c := &w.atlas.logs.all[m.log]
		seen := ""
		for slot := c.start + 1; slot <= c.end(); slot++ {
			e := c.at(slot)
			if e.op == 0 || strings.Contains(seen, string([]byte{byte(e.op)})) {
				continue
			}
			seen += string([]byte{byte(e.op)})
			if (requestID{e.client, e.id}) == a.request && (c.start > 0 || seen == a.result) {
				return true
			}
		}
	}
	return false
}

// operations is a result as text.
func operations(result string) string {
	ops := make([]opID, len(result))
	for i := range result {
		ops[i] = opID(result[i])
	}
	return fmt.Sprint(ops)
}

// invoke has a client call its next operation, and the sequencer stamp it. op 0 registers.
func (t *chronicle) invoke(from historyID, client int, op opID) observation {
	in := t.atlas.inputs.id(input{kind: inputInvoke, data: []byte{byte(op)}})
	h := t.all[from].clone()
	if op != 0 {
		c := call{op: op}
		for _, other := range h.calls {
			if other.done {
				c.after = append(c.after, other.op)
			}
		}
		h.calls = append(h.calls, c)
	}
	return t.ask(&h, client, in)
}

// resend has the sequencer get a request of a client again: because the client's time-out has passed,
// or, if it waits for nothing, because the network has doubled the datagram of its last request, or the
// client has not heard of the answer and asked again.
func (t *chronicle) resend(from historyID, client int) observation {
	h := t.all[from].clone()
	if _, pending := h.pending(client); pending > 0 {
		return t.ask(&h, client, t.atlas.inputs.id(input{kind: inputResend}))
	}
	h.stamp(h.last(client))
	return observation{to: t.id(&h)}
}

// last is the request that a client sent last.
func (h *history) last(client int) (last request) {
	for _, session := range h.sessions {
		for _, r := range session {
			if r.op != 0 && r.op.client() == client {
				last = r
			}
		}
	}
	return last
}

// stamp has the current sequencer stamp requests.
func (h *history) stamp(requests ...request) {
	current := len(h.sessions) - 1
	h.sessions[current] = append(slices.Clone(h.sessions[current]), requests...)
}

func (t *chronicle) ask(h *history, client int, in inputID) observation {
	d := t.customers.step(h.clients[client], in)
	if d.failure != "" {
		return observation{failure: fmt.Sprintf("client %d: %s", client, d.failure)}
	}
	h.clients[client] = d.to
	h.stamp(d.sends...)
	return observation{to: t.id(h)}
}

// nextSession has another sequencer take over with the next session.
func (t *chronicle) nextSession(from historyID) historyID {
	h := t.all[from].clone()
	h.sessions = append(h.sessions, nil)
	return t.id(&h)
}

// pending counts a client's operations that were called and have not returned.
func (h *history) pending(client int) (called, pending int) {
	for _, c := range h.calls {
		if c.op.client() == client {
			called++
			if !c.done {
				pending++
			}
		}
	}
	return called, pending
}
