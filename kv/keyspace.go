package kv

import (
	"slices"
	"strconv"
	"strings"

	"github.com/netordered/nopaxos/kv/internal/redis"
)

var keyspaceCommands = []command{
	{"copy", -3, (*call).copyKey},
	{"dbsize", 1, (*call).dbsize},
	{"del", -2, (*call).del},
	{"echo", 2, func(c *call) { c.bulk(c.args[1]) }},
	{"exists", -2, (*call).exists},
	{"flushall", -1, (*call).flushAll},
	{"flushdb", -1, (*call).flushDB},
	{"info", -1, (*call).info},
	{"keys", 2, (*call).keys},
	{"move", 3, (*call).move},
	{"ping", -1, (*call).ping},
	{"scan", -2, (*call).scan},
	{"select", 2, (*call).selectDB},
	{"swapdb", 3, (*call).swapDB},
	{"touch", -2, (*call).exists},
	{"type", 2, (*call).typeOf},
	{"unlink", -2, (*call).del},
}

func (c *call) del() {
	removed := int64(0)
	for _, key := range c.args[1:] {
		if e := c.lookup(key); e != nil {
			c.remove(e)
			removed++
		}
	}
	c.int(removed)
}

func (c *call) exists() {
	n := int64(0)
	for _, key := range c.args[1:] {
		if c.lookup(key) != nil {
			n++
		}
	}
	c.int(n)
}

func (c *call) typeOf() {
	name := "none"
	if e := c.lookup(c.args[1]); e != nil {
		name = kindNames[e.kind]
	}
	c.status(name)
}

func (c *call) ping() {
	switch len(c.args) {
	case 1:
		c.status("PONG")
	case 2:
		c.bulk(c.args[1])
	default:
		c.fail(redis.WrongArity("ping"))
	}
}

func (c *call) isLive(e *entry) bool { return e.expire == 0 || e.expire > c.now }

// keys replies the keys that match a pattern, sorted. It visits every key while the group waits; programs
// should use SCAN.
func (c *call) keys() {
	pattern := view(c.args[1])
	var keys []string
	size := 0
	c.space.keys.Scan(func(p place) bool {
		if c.isLive(p.entry) && redis.MatchGlob(pattern, p.key) {
			keys = append(keys, p.key)
			size += bulkSize(len(p.key))
		}
		return c.room(size)
	})
	slices.Sort(keys)
	c.array(len(keys))
	for _, key := range keys {
		c.bulkString(key)
	}
}

// maxScan is the most keys that one SCAN visits. COUNT is a hint.
const maxScan = 10_000

// scanOptions are the arguments of SCAN after the cursor.
type scanOptions struct {
	pattern  string
	typed    bool // TYPE is given
	typeName string
	count    int64
}

func parseScanOptions(args [][]byte) (o scanOptions, msg string) {
	o = scanOptions{pattern: "*", count: 10}
	for i := 0; i < len(args); i += 2 {
		if i+1 == len(args) {
			return o, redis.ErrSyntax
		}
		switch name, v := args[i], args[i+1]; {
		case isWord(name, "match"):
			o.pattern = view(v)
		case isWord(name, "type"):
			o.typed, o.typeName = true, view(v)
		case isWord(name, "count"):
			var ok bool
			if o.count, ok = redis.ParseInt(v); !ok {
				return o, redis.ErrNotInt
			}
			if o.count < 1 {
				return o, redis.ErrSyntax
			}
			o.count = min(o.count, maxScan)
		default:
			return o, redis.ErrSyntax
		}
	}
	return o, ""
}

func (o scanOptions) match(e *entry) bool {
	return redis.MatchGlob(o.pattern, e.key) && (!o.typed || isWord([]byte(o.typeName), kindNames[e.kind]))
}

// parseCursor parses a cursor as C's strtoul does, and so does Redis: the sign may be a plus, a minus wraps
// around, and nothing is zero.
func parseCursor(s string) (uint64, bool) {
	s, _, _ = strings.Cut(s, "\x00")
	if s == "" {
		return 0, true
	}
	digits, negative := strings.CutPrefix(s, "-")
	if !negative {
		digits = strings.TrimPrefix(digits, "+")
	}
	cursor, err := strconv.ParseUint(digits, 10, 64)
	if negative {
		cursor = -cursor
	}
	return cursor, err == nil
}

// scan replies the next cursor and the keys whose hashes are at or above the given one, count of them
// before filtering. A full iteration therefore returns every key that exists throughout it, whatever else
// is written in the meantime.
func (c *call) scan() {
	cursor, ok := parseCursor(view(c.args[1]))
	if !ok {
		c.fail(errCursor)
		return
	}
	o, msg := parseScanOptions(c.args[2:])
	if msg != "" {
		c.fail(msg)
		return
	}
	var keys []string
	next, size := uint64(0), 0
	var last uint64
	c.probe.key = ""
	c.space.keys.Ascend(place{cursor, &c.probe}, func(p place) bool {
		if o.count <= 0 && p.hash != last { // keys of one hash are returned together
			next = p.hash
			return false
		}
		o.count--
		last = p.hash
		if c.isLive(p.entry) && o.match(p.entry) {
			keys = append(keys, p.key)
			size += bulkSize(len(p.key))
		}
		return c.room(size)
	})
	c.array(2)
	c.bulkString(strconv.FormatUint(next, 10))
	c.array(len(keys))
	for _, key := range keys {
		c.bulkString(key)
	}
}
