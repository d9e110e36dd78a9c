package kv

import (
	"math"

	"github.com/netordered/nopaxos/kv/internal/redis"
)

// Units of times to live in milliseconds.
const (
	millisecond = int64(1)
	second      = int64(1000)
)

var expiryCommands = []command{
	{"expire", -3, func(c *call) { c.expireIn("expire", second) }},
	{"persist", 2, (*call).persist},
	{"pexpire", -3, func(c *call) { c.expireIn("pexpire", millisecond) }},
	{"pttl", 2, func(c *call) { c.ttl(millisecond) }},
	{"ttl", 2, func(c *call) { c.ttl(second) }},
}

// deadline returns the logical time at which the time to live in text ends, at the earliest now. If text is
// not an integer of at least min, or is too large, it replies an error and returns false. name is the
// command's.
func (c *call) deadline(name string, text []byte, unit, min int64) (uint64, bool) {
	ttl, ok := redis.ParseInt(text)
	switch {
	case !ok:
		c.fail(redis.ErrNotInt)
	case ttl < min || ttl < math.MinInt64/unit || ttl > (math.MaxInt64-int64(c.now))/unit:
		c.fail("ERR invalid expire time in '" + name + "' command")
	default:
		return c.now + uint64(max(ttl, 0)*unit), true
	}
	return 0, false
}

// expireOptions are the conditions under which EXPIRE changes a deadline.
type expireOptions struct{ nx, xx, gt, lt bool }

func parseExpireOptions(args [][]byte) (o expireOptions, msg string) {
	for _, a := range args {
		switch {
		case isWord(a, "nx"):
			o.nx = true
		case isWord(a, "xx"):
			o.xx = true
		case isWord(a, "gt"):
			o.gt = true
		case isWord(a, "lt"):
			o.lt = true
		default:
			return o, "ERR Unsupported option " + string(a)
		}
	}
	switch {
	case o.nx && (o.xx || o.gt || o.lt):
		return o, "ERR NX and XX, GT or LT options at the same time are not compatible"
	case o.gt && o.lt:
		return o, "ERR GT and LT options at the same time are not compatible"
	}
	return o, ""
}

// allow reports whether the deadline may change from old to deadline. A key without a deadline counts as
// one that expires later than any other.
func (o expireOptions) allow(old, deadline uint64) bool {
	switch {
	case o.nx && old != 0,
		o.xx && old == 0,
		o.gt && (old == 0 || deadline <= old),
		o.lt && old != 0 && deadline >= old:
		return false
	}
	return true
}

func (c *call) expireIn(name string, unit int64) {
	o, msg := parseExpireOptions(c.args[3:])
	if msg != "" {
		c.fail(msg)
		return
	}
	deadline, ok := c.deadline(name, c.args[2], unit, math.MinInt64)
	if !ok {
		return
	}
	e := c.lookup(c.args[1])
	switch {
	case e == nil || !o.allow(e.expire, deadline):
		c.int(0)
		return
	case deadline <= c.now: // a time to live of zero or less removes the key
		c.remove(e)
	default:
		c.setExpire(e, deadline)
	}
	c.int(1)
}

// ttl replies the time to live, −1 for a key without a deadline, −2 for a missing key. It rounds seconds to
// the nearest, like Redis.
func (c *call) ttl(unit int64) {
	e := c.lookup(c.args[1])
	switch {
	case e == nil:
		c.int(-2)
	case e.expire == 0:
		c.int(-1)
	default:
		left := e.expire - c.now
		if unit == second {
			left = (left + 500) / 1000
		}
		c.int(int64(left))
	}
}

func (c *call) persist() {
	e := c.lookup(c.args[1])
	expires := e != nil && e.expire != 0
	if expires {
		c.setExpire(e, 0)
	}
	c.bool(expires)
}
