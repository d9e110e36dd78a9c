package clients

import "github.com/netordered/nopaxos/replica/wire"

// Executor is the part of a state machine that executes operations.
type Executor interface {
	// Execute applies op at a slot of the log and logical time now, in nanoseconds, and appends its
	// result to result, which it returns.
	Execute(slot, now uint64, op, result []byte) []byte
}

// Execute executes the request at slot, unless that was done before or must not be done any more. It
// reports whether it was.
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

// Settled reports whether executing the request would do nothing: it was executed, or its client does
// not wait for it any more. A client that is not in the table (yet) may be by the time of execution.
func (t *Table) Settled(req *wire.Request) bool {
	if req.Register {
		return false
	}
	cl := t.byID[req.Client.Lo]
	return cl != nil && (req.ID < cl.low || cl.lookup(req.ID) != nil)
}

// SetTime lets logical time, in nanoseconds, go on to now at slot; it never goes back.
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

// Usage returns how many results the table stores and how many changes it could take back: what
// bounds on memory are about.
func (t *Table) Usage() (results, changes int) {
	for _, c := range t.order {
		results += len(c.results)
	}
	return results, len(t.journal.ring)
}

// Answer returns what the REPLY to the request at an executed slot says; ok is false if there is
// nothing to say. The result is valid until the table changes.
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
		// In a slot that was executed when the request's id was out of range.
		return 0, nil, false
	}
	return r.status, r.data, true
}
