package kv

import (
	"strconv"

	"github.com/netordered/nopaxos/kv/internal/redis"
)

var hashCommands = []command{
	{"hdel", -3, func(c *call) { c.deleteElements(kindHash, (*Store).deleteField) }},
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

// length replies the number of elements of a collection.
func (c *call) length(k kind) {
	switch e, ok := c.lookupKind(c.args[1], k); {
	case !ok:
	case e == nil:
		c.int(0)
	default:
		c.int(int64(e.size()))
	}
}

// field replies the value of a field, or null. e may be nil.
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

// hashItems replies fields, values or both, in the order of the fields.
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

// setFields sets the pairs of field and value after the key, for the command name, and returns the number of
// new fields. It replies an error if it returns false.
func (c *call) setFields(name string) (added int64, ok bool) {
	if len(c.args)%2 != 0 {
		c.fail(redis.WrongArity(name))
		return 0, false
	}
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
	if added, ok := c.setFields("hset"); ok {
		c.int(added)
	}
}

func (c *call) hmset() {
	if _, ok := c.setFields("hmset"); ok {
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

// deleteElements deletes the fields of a hash, or the members of a set, that the arguments name.
func (c *call) deleteElements(k kind, remove func(*Store, *entry, string) (*entry, bool)) {
	e, ok := c.lookupKind(c.args[1], k)
	if !ok {
		return
	}
	removed := int64(0)
	if e != nil {
		for _, name := range c.args[2:] {
			var was bool
			if e, was = remove(c.Store, e, view(name)); was {
				removed++
			}
		}
		c.removeIfEmpty(e)
	}
	c.int(removed)
}

func (c *call) hincrby() {
	by, ok := redis.ParseInt(c.args[3])
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
			if v, ok = redis.ParseInt(old); !ok {
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
