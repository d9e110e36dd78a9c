package kv

import (
	"strconv"

	"github.com/netordered/nopaxos/kv/internal/redis"
)

var stringCommands = []command{
	{"append", 3, (*call).appendTo},
	{"decr", 2, func(c *call) { c.increment(-1) }},
	{"decrby", 3, (*call).decrby},
	{"get", 2, (*call).get},
	{"getdel", 2, (*call).getdel},
	{"getset", 3, (*call).getset},
	{"incr", 2, func(c *call) { c.increment(1) }},
	{"incrby", 3, (*call).incrby},
	{"mget", -2, (*call).mget},
	{"mset", -3, (*call).mset},
	{"psetex", 4, func(c *call) { c.setex("psetex", millisecond) }},
	{"set", -3, (*call).set},
	{"setex", 4, func(c *call) { c.setex("setex", second) }},
	{"setnx", 3, (*call).setnx},
	{"strlen", 2, (*call).strlen},
}

// assign sets key to the string v with the deadline expire, whatever its previous value. e is the key's
// entry, or nil.
func (c *call) assign(e *entry, key, v []byte, expire uint64) {
	if e != nil && e.kind == kindString {
		c.setExpire(c.setString(e, v), expire)
		return
	}
	if e != nil {
		c.remove(e)
	}
	e = c.newEntry(string(key), kindString)
	e.str, e.born, e.expire = c.buffers.get(len(v)), c.epoch, expire
	copy(e.str, v)
	c.insert(e)
}

// value replies a string's value, or null if e is nil.
func (c *call) value(e *entry) {
	if e == nil {
		c.null()
	} else {
		c.bulk(e.str)
	}
}

func (c *call) get() {
	if e, ok := c.lookupKind(c.args[1], kindString); ok {
		c.value(e)
	}
}

func (c *call) getdel() {
	e, ok := c.lookupKind(c.args[1], kindString)
	if !ok {
		return
	}
	c.value(e)
	if e != nil && !c.full {
		c.remove(e)
	}
}

func (c *call) getset() {
	e, ok := c.lookupKind(c.args[1], kindString)
	if !ok {
		return
	}
	c.value(e)
	if !c.full {
		c.assign(e, c.args[1], c.args[2], 0)
	}
}

// setOptions are the arguments of SET after the value.
type setOptions struct {
	nx, xx, get, keepTTL bool
	unit                 int64 // of ttl; 0: none given
	ttl                  []byte
}

// parseSetOptions returns the options and the error reply, or "".
func parseSetOptions(args [][]byte) (o setOptions, msg string) {
	for i := 0; i < len(args); i++ {
		switch a := args[i]; {
		case isWord(a, "nx") && !o.xx:
			o.nx = true
		case isWord(a, "xx") && !o.nx:
			o.xx = true
		case isWord(a, "get"):
			o.get = true
		case isWord(a, "keepttl") && o.unit == 0:
			o.keepTTL = true
		case isWord(a, "ex") && o.unit != millisecond && !o.keepTTL && i+1 < len(args):
			i++
			o.unit, o.ttl = second, args[i]
		case isWord(a, "px") && o.unit != second && !o.keepTTL && i+1 < len(args):
			i++
			o.unit, o.ttl = millisecond, args[i]
		case isWord(a, "exat"), isWord(a, "pxat"):
			return o, errWallClock
		default:
			return o, redis.ErrSyntax
		}
	}
	return o, ""
}

func (c *call) set() {
	key, v := c.args[1], c.args[2]
	var o setOptions
	if len(c.args) > 3 {
		var msg string
		if o, msg = parseSetOptions(c.args[3:]); msg != "" {
			c.fail(msg)
			return
		}
	}
	expire := uint64(0)
	if o.unit != 0 {
		var ok bool
		if expire, ok = c.deadline("set", o.ttl, o.unit, 1); !ok {
			return
		}
	}
	e := c.lookup(key)
	if o.get {
		if e != nil && e.kind != kindString {
			c.fail(errWrongType)
			return
		}
		c.value(e)
	}
	if c.full {
		return
	}
	if o.nx && e != nil || o.xx && e == nil {
		if !o.get {
			c.null()
		}
		return
	}
	if o.keepTTL && e != nil {
		expire = e.expire
	}
	c.assign(e, key, v, expire)
	if !o.get {
		c.ok()
	}
}

func (c *call) setnx() {
	e := c.lookup(c.args[1])
	if e == nil {
		c.assign(nil, c.args[1], c.args[2], 0)
	}
	c.bool(e == nil)
}

func (c *call) setex(name string, unit int64) {
	expire, ok := c.deadline(name, c.args[2], unit, 1)
	if !ok {
		return
	}
	c.assign(c.lookup(c.args[1]), c.args[1], c.args[3], expire)
	c.ok()
}

func (c *call) mget() {
	c.array(len(c.args) - 1)
	for _, key := range c.args[1:] {
		e := c.lookup(key)
		if e != nil && e.kind != kindString {
			e = nil
		}
		c.value(e)
	}
}

func (c *call) mset() {
	if len(c.args)%2 == 0 {
		c.fail(redis.WrongArity("mset"))
		return
	}
	for i := 1; i < len(c.args); i += 2 {
		c.assign(c.lookup(c.args[i]), c.args[i], c.args[i+1], 0)
	}
	c.ok()
}

func (c *call) strlen() {
	switch e, ok := c.lookupKind(c.args[1], kindString); {
	case !ok:
	case e == nil:
		c.int(0)
	default:
		c.int(int64(len(e.str)))
	}
}

func (c *call) appendTo() {
	key, v := c.args[1], c.args[2]
	e, ok := c.lookupKind(key, kindString)
	switch {
	case !ok:
	case e == nil:
		c.assign(nil, key, v, 0)
		c.int(int64(len(v)))
	case len(e.str)+len(v) > maxValue:
		c.fail(errTooLong)
	default:
		e = c.appendString(e, v)
		c.int(int64(len(e.str)))
	}
}

func (c *call) incrby() {
	if by, ok := redis.ParseInt(c.args[2]); ok {
		c.increment(by)
	} else {
		c.fail(redis.ErrNotInt)
	}
}

func (c *call) decrby() {
	switch by, ok := redis.ParseInt(c.args[2]); {
	case !ok:
		c.fail(redis.ErrNotInt)
	case by == -by && by != 0: // the smallest integer, which has no positive counterpart
		c.fail(errDecrement)
	default:
		c.increment(-by)
	}
}

func (c *call) increment(by int64) {
	e, ok := c.lookupKind(c.args[1], kindString)
	if !ok {
		return
	}
	v := int64(0)
	if e != nil {
		if v, ok = redis.ParseInt(e.str); !ok {
			c.fail(redis.ErrNotInt)
			return
		}
	}
	if v, ok = addInt(v, by); !ok {
		c.fail(errOverflow)
		return
	}
	var digits [20]byte
	text := strconv.AppendInt(digits[:0], v, 10)
	if e != nil {
		c.setString(e, text)
	} else {
		c.assign(nil, c.args[1], text, 0)
	}
	c.int(v)
}

// addInt adds and reports whether the sum fits.
func addInt(a, b int64) (int64, bool) {
	sum := a + b
	return sum, (sum > a) == (b > 0)
}

// isWord reports whether a is word, given in lower case, in any case.
func isWord(a []byte, word string) bool {
	if len(a) != len(word) {
		return false
	}
	for i := range a {
		if a[i] != word[i] && (a[i]|0x20 != word[i] || word[i] < 'a' || word[i] > 'z') {
			return false
		}
	}
	return true
}
