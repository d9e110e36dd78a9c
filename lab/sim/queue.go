package sim

import "time"

// event is something that happens at one instant of virtual time.
type event struct {
	at    time.Duration
	order uint64 // of creation: decides among events of the same instant
	kind  eventKind
	node  int // where it happens
	from  int // who sent data
	data  []byte
	arg   uint64
	call  func()
}

type eventKind uint8

const (
	eventDatagram eventKind = iota + 1
	eventBulk
	eventTimer // the node's Deadline
	eventCall  // call()
)

// queue is a binary heap of events ordered by (at, order).
type queue struct {
	heap  []event
	order uint64
}

func (q *queue) push(e event) {
	q.order++
	e.order = q.order
	q.heap = append(q.heap, e)
	i := len(q.heap) - 1
	for i > 0 {
		up := (i - 1) / 2
		if !before(&q.heap[i], &q.heap[up]) {
			break
		}
		q.heap[i], q.heap[up] = q.heap[up], q.heap[i]
		i = up
	}
}

func (q *queue) pop() (event, bool) {
	if len(q.heap) == 0 {
		return event{}, false
	}
	e := q.heap[0]
	last := len(q.heap) - 1
	q.heap[0] = q.heap[last]
	q.heap[last] = event{}
	q.heap = q.heap[:last]
	for i := 0; ; {
		down := 2*i + 1
		if down >= last {
			break
		}
		if right := down + 1; right < last && before(&q.heap[right], &q.heap[down]) {
			down = right
		}
		if !before(&q.heap[down], &q.heap[i]) {
			break
		}
		q.heap[i], q.heap[down] = q.heap[down], q.heap[i]
		i = down
	}
	return e, true
}

func before(a, b *event) bool {
	return a.at < b.at || a.at == b.at && a.order < b.order
}
