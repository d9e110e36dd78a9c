package udp

import "sync/atomic"

// cell holds the session of a group index and the number of its last message, for the session rule.
// Only the event loop writes it. The fields are atomic for Stats, which may read a session and a
// number of different moments.
type cell struct {
	session atomic.Uint32
	number  atomic.Uint64
}

// next returns the number of the next message of session, or false if a later session has begun.
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
