package virtual

import (
	"net/netip"
	"time"

	"github.com/netordered/nopaxos/internal/eventqueue"
)

// event is a future event.
type event struct {
	kind Kind
	from netip.AddrPort
	to   netip.AddrPort
	node *Node // of Tick, Call and Bulk; a datagram goes to the node that has its address on arrival
	data []byte
	call func(now time.Duration)
}

// queue holds the future events and reuses their memory.
type queue struct {
	eventqueue.Queue[*event]
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
