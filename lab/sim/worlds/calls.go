package worlds

import (
	"fmt"
	"slices"
	"strings"
)

// invoke makes a client call its next operation, and the sequencer stamp it. op 0 registers the client.
func (t *histories) invoke(from historyID, client int, op opID) observation {
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

// resend makes a request of a client reach the sequencer again: because the client's time-out has expired, or, if
// it has no pending request, because the network duplicated the datagram of its last one or the client missed the
// reply.
func (t *histories) resend(from historyID, client int) observation {
	h := t.all[from].clone()
	if _, pending := h.pending(client); pending > 0 {
		return t.ask(&h, client, t.atlas.inputs.id(input{kind: inputResend}))
	}
	h.stamp(h.last(client))
	return observation{to: t.id(&h)}
}

// last returns the request that a client sent last.
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

// stamp makes the current sequencer stamp requests.
func (h *history) stamp(requests ...request) {
	current := len(h.sessions) - 1
	h.sessions[current] = append(slices.Clone(h.sessions[current]), requests...)
}

func (t *histories) ask(h *history, client int, in inputID) observation {
	d := t.clientAtlas.step(h.clients[client], in)
	if d.failure != "" {
		return observation{failure: fmt.Sprintf("client %d: %s", client, d.failure)}
	}
	h.clients[client] = d.to
	h.stamp(d.sends...)
	return observation{to: t.id(h)}
}

// nextSession makes another sequencer take over with the next session.
func (t *histories) nextSession(from historyID) historyID {
	h := t.all[from].clone()
	h.sessions = append(h.sessions, nil)
	return t.id(&h)
}

// pending counts a client's operations that it has called, and those of them that have not returned.
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

// deliver delivers a REPLY to its client at once. A later delivery is equivalent to calling the next operation
// later, and a lost one to a resend of a completed request. Early results admit fewer orders of operations in
// real time, so the check misses nothing.
func (w *writer) deliver(r *reply) {
	h := w.history
	if r.client >= len(h.clients) {
		w.fail("replies to client %d of %d", r.client, len(h.clients))
		return
	}
	d := w.clientAtlas.step(h.clients[r.client], r.frame)
	if d.failure != "" {
		w.fail("client %d: %s", r.client, d.failure)
		return
	}
	h.clients[r.client] = d.to
	for i := range d.answers {
		w.returned(r.client, &d.answers[i])
	}
}

// returned checks a result that a client returns to its application: it is committed, and one order of the
// operations that respects real time gives all results so far.
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

// holds reports whether a result comes from a committed log.
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

// operations returns a result as text.
func operations(result string) string {
	ops := make([]opID, len(result))
	for i := range result {
		ops[i] = opID(result[i])
	}
	return fmt.Sprint(ops)
}
