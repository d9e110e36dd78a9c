package virtual

import (
	"time"

	"github.com/netordered/nopaxos/monotime"
)

// clock is a node's clock. It showed shown at the network's time global, and gains ppm parts per million on
// the network's time.
type clock struct {
	global, shown time.Duration
	ppm           int64
}

const million = 1_000_000

// local returns the clock's time at time t of the network.
func (c clock) local(t time.Duration) time.Duration {
	return c.shown + scale(t-c.global, million+c.ppm, million)
}

// when returns the network's time at which the clock has reached t.
func (c clock) when(t time.Duration) time.Duration {
	if t == monotime.Never {
		return t
	}
	if t <= c.shown {
		return c.global
	}
	at := c.global + scale(t-c.shown, million, million+c.ppm)
	if c.local(at) < t {
		at++ // scale rounds down
	}
	return at
}

// scale returns d*num/den rounded down, without overflow in between.
func scale(d time.Duration, num, den int64) time.Duration {
	n := int64(d)
	return time.Duration(n/den*num + n%den*num/den)
}
