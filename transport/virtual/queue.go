package virtual

import (
	"net/netip"
	"time"
)

// event is something that will happen.
type event struct {
	kind Kind
	from netip.AddrPort
	to   netip.AddrPort
	node *Node // of Tick, Call and Bulk; a datagram finds whoever has the address by then
	data []byte
	call func(now time.Duration)
}

// entry is an event's place in the queue. Two events at one time happen in the order in which they
// were made.
type entry struct {
	at  time.Duration
	seq uint64
	ev  *event
}

func (a entry) before(b entry) bool {
	if a.at != b.at {
		return a.at < b.at
	}
	return a.seq < b.seq
}

// queue is a binary heap of entries. It and the events are reused, so that a steady simulation
// allocates nothing.
type queue struct {
	heap []entry
	seq  uint64
	free []*event
}

func (q *queue) newEvent() *event {
	if n := len(q.free); n > 0 {
		ev := q.free[n-1]
		q.free = q.free[:n-1]
		return ev
	}
	return new(event)
}

func (q *queue) release(ev *event) {
	*ev = event{}
	q.free = append(q.free, ev)
}

func (q *queue) push(at time.Duration, ev *event) {
	q.seq++
	q.heap = append(q.heap, entry{at: at, seq: q.seq, ev: ev})
	for i := len(q.heap) - 1; i > 0; {
		parent := (i - 1) / 2
		if !q.heap[i].before(q.heap[parent]) {
			break
		}
		q.heap[i], q.heap[parent] = q.heap[parent], q.heap[i]
		i = parent
	}
}

// pop removes the earliest entry; the queue must not be empty.
func (q *queue) pop() entry {
	first := q.heap[0]
	last := len(q.heap) - 1
	q.heap[0] = q.heap[last]
	q.heap[last] = entry{}
	q.heap = q.heap[:last]
	for i := 0; ; {
		child := 2*i + 1
		if child >= last {
			break
		}
		if child+1 < last && q.heap[child+1].before(q.heap[child]) {
			child++
		}
		if !q.heap[child].before(q.heap[i]) {
			break
		}
		q.heap[i], q.heap[child] = q.heap[child], q.heap[i]
		i = child
	}
	return first
}
