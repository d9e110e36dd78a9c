package kv

import (
	"strconv"

	"github.com/netordered/nopaxos/kv/internal/redis"
)

var hashCommands = []command{
	{"hdel", -3, (*call).hdel},
	{"hexists", 3, (*call).hexists},
	{"hget", 3, (*call).hget},
	{"hgetall", 2, func(c *call) { c.hashItems(true, true) }},
	{"hincrby", 4, (*call).hincrby},
	{"hkeys", 2, func(c *call) { c.hashItems(true, false) }},
	{"hlen", 2, func(c *call) { c.length(kindHash) }},
	{"hmget", -3, (*call).hmget},
	{"hmset", -4, (*call).hmset},
	{"hset", -4, (*call).hset},
	{"hsetnx", 4, (*call).hsetnx},
	{"hvals", 2, func(c *call) { c.hashItems(false, true) }},
}

// length answers the number of elements of a collection.
func (c *call) length(k kind) {
	switch e, ok := c.lookupKind(c.args[1], k); {
	case !ok:
	case e == nil:
		c.int(0)
	default:
		c.int(int64(e.size()))
	}
}

// field answers the value of a field, or null. e may be nil.
func (c *call) field(e *entry, field []byte) {
	if e != nil {
		if v, has := e.fields.Get(view(field)); has {
			c.bulk(v)
			return
		}
	}
	c.null()
}

func (c *call) hget() {
	if e, ok := c.lookupKind(c.args[1], kindHash); ok {
		c.field(e, c.args[2])
	}
}

func (c *call) hmget() {
	e, ok := c.lookupKind(c.args[1], kindHash)
	if !ok {
		return
	}
	c.array(len(c.args) - 2)
	for _, f := range c.args[2:] {
		c.field(e, f)
	}
}

func (c *call) hexists() {
	e, ok := c.lookupKind(c.args[1], kindHash)
	if !ok {
		return
	}
	has := false
	if e != nil {
		_, has = e.fields.Get(view(c.args[2]))
	}
	c.bool(has)
}

// hashItems answers fields, values or both, by field.
func (c *call) hashItems(fields, values bool) {
	e, ok := c.lookupKind(c.args[1], kindHash)
	if !ok {
		return
	}
	if e == nil {
		c.array(0)
		return
	}
	n := e.size()
	if fields && values {
		n *= 2
	}
	c.array(n)
	e.fields.Scan(func(field string, v []byte) bool {
		return (!fields || c.bulkString(field)) && (!values || c.bulk(v))
	})
}

// setFields sets the pairs of field and value behind the key and returns how many fields are new.
func (c *call) setFields() (added int64, ok bool) {
	e, ok := c.lookupOrInsert(c.args[1], kindHash)
	if !ok {
		return 0, false
	}
	for i := 2; i < len(c.args); i += 2 {
		var isNew bool
		if e, isNew = c.setField(e, view(c.args[i]), clone(c.args[i+1])); isNew {
			added++
		}
	}
	return added, true
}

func (c *call) hset() {
	if len(c.args)%2 != 0 {
		c.fail(redis.WrongArity("hset"))
		return
	}
	if added, ok := c.setFields(); ok {
		c.int(added)
	}
}

func (c *call) hmset() {
	if len(c.args)%2 != 0 {
		c.fail(redis.WrongArity("hmset"))
		return
	}
	if _, ok := c.setFields(); ok {
		c.ok()
	}
}

func (c *call) hsetnx() {
	e, ok := c.lookupOrInsert(c.args[1], kindHash)
	if !ok {
		return
	}
	_, has := e.fields.Get(view(c.args[2]))
	if !has {
		c.setField(e, view(c.args[2]), clone(c.args[3]))
	}
	c.bool(!has)
}

func (c *call) hdel() {
	e, ok := c.lookupKind(c.args[1], kindHash)
	if !ok {
		return
	}
	removed := int64(0)
	if e != nil {
		for _, f := range c.args[2:] {
			var was bool
			if e, was = c.deleteField(e, view(f)); was {
				removed++
			}
		}
		c.removeIfEmpty(e)
	}
	c.int(removed)
}

func (c *call) hincrby() {
	by, ok := parseInt(c.args[3])
	if !ok {
		c.fail(redis.ErrNotInt)
		return
	}
	e, ok := c.lookupKind(c.args[1], kindHash)
	if !ok {
		return
	}
	v := int64(0)
	if e != nil {
		if old, has := e.fields.Get(view(c.args[2])); has {
			if v, ok = parseInt(old); !ok {
				c.fail(errHashNotInt)
				return
			}
		}
	}
	if v, ok = addInt(v, by); !ok {
		c.fail(errOverflow)
		return
	}
	e, _ = c.lookupOrInsert(c.args[1], kindHash)
	c.setField(e, view(c.args[2]), strconv.AppendInt(nil, v, 10))
	c.int(v)
}
