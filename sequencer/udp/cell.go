package udp

import "sync/atomic"

// cell is what the session rule remembers of a group index: the session and the number of its last
// message. Only the event loop writes it; the fields are atomic for readers of statistics, who may
// see a session and a number that belong to two different moments.
type cell struct {
	session atomic.Uint32
	number  atomic.Uint64
}

// next returns the number of the next message of session, or false if the session is over.
func (c *cell) next(session uint32) (uint64, bool) {
	switch current := c.session.Load(); {
	case session < current:
		return 0, false
	case session > current:
		c.number.Store(0)
		c.session.Store(session)
	}
	number := c.number.Load() + 1
	c.number.Store(number)
	return number, true
}
