// Package eventqueue orders the events of a simulation: by time, and those of one instant by the order in which they
// were pushed.
package eventqueue

import "time"

// Queue is a binary heap of events. The zero Queue is empty. It reuses its memory, so a steady simulation allocates
// nothing.
type Queue[E any] struct {
	heap []entry[E]
	seq  uint64
}

type entry[E any] struct {
	at    time.Duration
	seq   uint64
	event E
}

func (q *Queue[E]) before(i, j int) bool {
	a, b := &q.heap[i], &q.heap[j]
	return a.at < b.at || a.at == b.at && a.seq < b.seq
}

// Len returns the number of events.
func (q *Queue[E]) Len() int { return len(q.heap) }

// Next returns the time of the earliest event. The queue must not be empty.
func (q *Queue[E]) Next() time.Duration { return q.heap[0].at }

// Push adds an event.
func (q *Queue[E]) Push(at time.Duration, event E) {
	q.seq++
	q.heap = append(q.heap, entry[E]{at, q.seq, event})
	for i := len(q.heap) - 1; i > 0; {
		parent := (i - 1) / 2
		if !q.before(i, parent) {
			break
		}
		q.heap[i], q.heap[parent] = q.heap[parent], q.heap[i]
		i = parent
	}
}

// Pop removes the earliest event. The queue must not be empty.
func (q *Queue[E]) Pop() (at time.Duration, event E) {
	first, last := q.heap[0], len(q.heap)-1
	q.heap[0] = q.heap[last]
	q.heap[last] = entry[E]{}
	q.heap = q.heap[:last]
	for i := 0; ; {
		child := 2*i + 1
		if child >= last {
			break
		}
		if child+1 < last && q.before(child+1, child) {
			child++
		}
		if !q.before(child, i) {
			break
		}
		q.heap[i], q.heap[child] = q.heap[child], q.heap[i]
		i = child
	}
	return first.at, first.event
}
