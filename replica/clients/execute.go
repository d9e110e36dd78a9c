package clients

import "github.com/netordered/nopaxos/replica/wire"

// Executor is the part of a state machine that executes operations.
type Executor interface {
	// Execute applies op at a slot of the log and logical time now, in nanoseconds, and appends its
	// result to result, which it returns.
	Execute(slot, now uint64, op, result []byte) []byte
}

// Execute executes the request at slot, unless it was executed before, its client is unknown or its id is out of
// range. It reports whether it executed the request.
func (t *Table) Execute(slot uint64, req *wire.Request, sm Executor) bool {
	if req.Register {
		t.register(slot)
		return true
	}
	cl := t.byID[req.Client.Lo]
	if cl == nil {
		return false
	}
	ch := t.use(slot, cl, req.Low)
	if req.ID < cl.low || req.ID-cl.low >= wire.MaxOutstanding || cl.lookup(req.ID) != nil {
		return false
	}
	t.result = sm.Execute(slot, t.time, req.Op, t.result[:0])
	r := t.put(cl, req.ID)
	ch.id = req.ID
	r.status = wire.StatusOK
	if len(t.result) > wire.MaxResult {
		r.status = wire.StatusTooLarge
	} else {
		r.data = append(r.data, t.result...)
	}
	t.stored(slot, cl, r)
	return true
}

// Settled reports whether executing the request would do nothing, because it was executed or its client no longer
// waits for it. It is false for an unknown client, which may be in the table by the time of execution.
func (t *Table) Settled(req *wire.Request) bool {
	if req.Register {
		return false
	}
	cl := t.byID[req.Client.Lo]
	return cl != nil && (req.ID < cl.low || cl.lookup(req.ID) != nil)
}

// SetTime advances logical time, in nanoseconds, to now at slot. It never decreases.
func (t *Table) SetTime(slot, now uint64) {
	if now > t.time {
		t.begin(slot)
		t.time = now
	}
}

// Time returns logical time in nanoseconds.
func (t *Table) Time() uint64 { return t.time }

// Len returns the number of clients.
func (t *Table) Len() int { return len(t.order) }

// Usage returns the number of stored results and the capacity of the journal, for checks of the memory bounds.
func (t *Table) Usage() (results, changes int) {
	for _, c := range t.order {
		results += len(c.results)
	}
	return results, len(t.journal.ring)
}

// Answer returns the content of the REPLY to the request at an executed slot; ok is false if there must be none.
// The result is valid until the table changes.
func (t *Table) Answer(slot uint64, req *wire.Request) (status wire.Status, result []byte, ok bool) {
	if req.Register {
		if t.byID[slot] == nil {
			return wire.StatusEvicted, nil, true
		}
		return wire.StatusRegistered, nil, true
	}
	cl := t.byID[req.Client.Lo]
	switch {
	case cl == nil:
		return wire.StatusEvicted, nil, true
	case req.ID < cl.low:
		return 0, nil, false
	case req.ID-cl.low >= wire.MaxOutstanding:
		return wire.StatusTooMany, nil, true
	}
	r := cl.lookup(req.ID)
	if r == nil {
		// The request's id was out of range when its slot was executed.
		return 0, nil, false
	}
	return r.status, r.data, true
}
