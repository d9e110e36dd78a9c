package sim

import "time"

// event is an event at an instant of virtual time.
type event struct {
	at   time.Duration
	kind eventKind
	node int // its place
	from int // the sender of data
	data []byte
	arg  uint64
	call func()
}

type eventKind uint8

const (
	eventDatagram eventKind = iota + 1
	eventBulk
	eventTimer // the node's Deadline
	eventCall  // call()
)

func (w *world) push(e event) { w.queue.Push(e.at, e) }
