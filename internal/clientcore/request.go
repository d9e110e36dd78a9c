package clientcore

import "time"

// request is an operation between Invoke and its completion. Requests are pooled, see Core.newRequest and Core.recycle.
type request struct {
	index uint32 // in Core.requests
	uses  uint32 // uses of the struct, from 1; distinguishes the tickets of different uses

	tag  uint64
	op   []byte // own copy
	id   uint64 // request-id; 0 until it is first sent
	sent int    // transmissions

	lastSent time.Duration
	due      time.Duration // of the next transmission
	backoff  int           // doublings of the time-out
	fullAt   int           // value of sent at the last FULL

	tallies   [maxTallies]tally
	nextTally int
	result    assembly

	prev, next *request // in Core.waiting
}

// Ticket identifies an accepted request for Cancel. The zero Ticket identifies none.
type Ticket struct{ index, uses uint32 }

// keepBuffer is the capacity in bytes up to which a pooled request keeps its result buffer.
const keepBuffer = 64 << 10

func (r *request) ticket() Ticket { return Ticket{index: r.index, uses: r.uses} }

// newRequest returns an empty request from the pool, or a new one.
func (c *Core) newRequest() *request {
	if n := len(c.free); n > 0 {
		r := c.free[n-1]
		c.free = c.free[:n-1]
		return r
	}
	r := &request{index: uint32(len(c.requests)), uses: 1}
	c.requests = append(c.requests, r)
	return r
}

// recycle empties a request for its next use, and invalidates its ticket.
func (c *Core) recycle(r *request) {
	op, buf, received := r.op[:0], r.result.buf[:0], r.result.received[:0]
	if cap(buf) > keepBuffer {
		buf, received = nil, nil
	}
	*r = request{index: r.index, uses: r.uses + 1, op: op, result: assembly{buf: buf, received: received}}
	c.free = append(c.free, r)
}

// requestList is a linked list of requests, the oldest first.
type requestList struct {
	first, last *request
	len         int
}

func (l *requestList) push(r *request) {
	r.prev, r.next = l.last, nil
	if l.last != nil {
		l.last.next = r
	} else {
		l.first = r
	}
	l.last = r
	l.len++
}

func (l *requestList) remove(r *request) {
	if r.prev != nil {
		r.prev.next = r.next
	} else {
		l.first = r.next
	}
	if r.next != nil {
		r.next.prev = r.prev
	} else {
		l.last = r.prev
	}
	r.prev, r.next = nil, nil
	l.len--
}
