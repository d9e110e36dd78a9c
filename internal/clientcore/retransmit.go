package clientcore

import (
	"time"

	"github.com/netordered/nopaxos/monotime"
)

const (
	// initialTimeout is the time-out before the first measured round trip.
	initialTimeout = 20 * time.Millisecond
	// maxBackoff bounds the doublings of one request's time-out.
	maxBackoff = 16
)

// timeouts estimates the retransmission time-out from measured round trips, like RFC 6298: smoothed mean plus four times the
// smoothed deviation. With many requests in flight there are many samples in a round trip, and each has less weight, as in
// RFC 7323, appendix G. Otherwise the estimate would reflect only the last batch of replies, whose round trips are nearly equal,
// and be too short.
type timeouts struct {
	floor, ceiling time.Duration
	mean, dev      time.Duration
	current        time.Duration
	raised         time.Duration // time of the last doubling of current
}

// sample adds the round trip of a request that was sent once, measured while inFlight requests were in flight. By Karn's rule, a
// request that was retransmitted gives no sample, because the reply may answer any transmission.
func (t *timeouts) sample(rtt time.Duration, inFlight int) {
	if t.mean == 0 {
		t.mean, t.dev = max(rtt, 1), rtt/2
	} else {
		diff := t.mean - rtt
		if diff < 0 {
			diff = -diff
		}
		samples := time.Duration(max(inFlight/2, 1)) // in a round trip
		t.dev += (diff - t.dev) / (4 * samples)
		t.mean += (rtt - t.mean) / (8 * samples)
	}
	t.current = t.estimate()
}

// estimate returns the time-out without the doublings of expired.
func (t *timeouts) estimate() time.Duration {
	if t.mean == 0 {
		return min(max(initialTimeout, t.floor), t.ceiling)
	}
	return min(max(t.mean+4*t.dev, t.floor), t.ceiling)
}

// expired reports that a request timed out. It doubles the time-out of new requests, at most once per time-out, until the next
// sample: if the round trip exceeded the time-out, every request would be retransmitted and none would give a sample.
func (t *timeouts) expired(now time.Duration) {
	if now-t.raised < t.current {
		return
	}
	t.raised = now
	t.current = min(2*t.current, t.ceiling)
}

// after returns the time-out of a transmission after backoff doublings.
func (t *timeouts) after(backoff int, ceiling time.Duration) time.Duration {
	d := t.current
	for ; backoff > 0 && d < ceiling; backoff-- {
		d *= 2
	}
	return min(d, ceiling)
}

// jitter spreads d over ±1/8 of itself, so that requests sent together are not retransmitted together. The sequence (splitmix64, Steele et al., OOPSLA 2014) is a function of the seed.
func (c *Core) jitter(d time.Duration) time.Duration {
	c.random += 0x9e3779b97f4a7c15
	z := c.random
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	z ^= z >> 31
	width := uint64(d / 4)
	if width == 0 {
		return d
	}
	return d - d/8 + time.Duration(z%width)
}

// schedule sets the time of a request's next transmission.
func (c *Core) schedule(now time.Duration, r *request, ceiling time.Duration) {
	r.due = now + c.jitter(c.timeouts.after(r.backoff, ceiling))
	c.deadline = min(c.deadline, r.due)
}

// Deadline returns when Tick is next needed, or monotime.Never.
func (c *Core) Deadline() time.Duration { return c.deadline }

// Tick retransmits the requests that are due.
func (c *Core) Tick(now time.Duration) {
	if now < c.deadline {
		return
	}
	c.deadline = monotime.Never
	if c.registering != nil {
		c.retransmitIfDue(now, c.registering)
	}
	for id := c.low; id < c.nextID; id++ {
		if r := c.outstanding(id); r != nil {
			c.retransmitIfDue(now, r)
		}
	}
}

func (c *Core) retransmitIfDue(now time.Duration, r *request) {
	if now < r.due {
		c.deadline = min(c.deadline, r.due)
		return
	}
	if r.sent > 0 {
		c.stats.Retransmissions++
		r.backoff = min(r.backoff+1, maxBackoff)
		c.timeouts.expired(now)
	}
	c.transmit(now, r)
}

// hasten has all outstanding requests retransmitted after delay, without back-off, because the cause of the missing answers seems
// to be over.
func (c *Core) hasten(now, delay time.Duration) {
	soon := func(r *request) {
		r.backoff = 0
		if due := now + c.jitter(delay); due < r.due {
			r.due = due
			c.deadline = min(c.deadline, due)
		}
	}
	if c.registering != nil {
		soon(c.registering)
	}
	for id := c.low; id < c.nextID; id++ {
		if r := c.outstanding(id); r != nil {
			soon(r)
		}
	}
}

// Reroute reports a new route to the group. The next Tick retransmits all outstanding requests.
func (c *Core) Reroute(now time.Duration) { c.hasten(now, 0) }

// pushback handles FULL: the group has no memory left, so the request waits longer than after a loss. It keeps its id.
func (c *Core) pushback(now time.Duration, r *request) {
	c.stats.Full++
	if r.fullAt == r.sent {
		return // this transmission's FULL was handled
	}
	r.fullAt = r.sent
	r.backoff = min(r.backoff+1, maxBackoff)
	c.schedule(now, r, c.cfg.MaxPushback)
}
