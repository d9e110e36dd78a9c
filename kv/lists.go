package kv

import "github.com/netordered/nopaxos/kv/internal/redis"

var listCommands = []command{
	{"lindex", 3, (*call).lindex},
	{"llen", 2, func(c *call) { c.length(kindList) }},
	{"lpop", -2, func(c *call) { c.popFrom("lpop", true) }},
	{"lpush", -3, func(c *call) { c.pushTo(true, false) }},
	{"lpushx", -3, func(c *call) { c.pushTo(true, true) }},
	{"lrange", 4, (*call).lrange},
	{"rpop", -2, func(c *call) { c.popFrom("rpop", false) }},
	{"rpush", -3, func(c *call) { c.pushTo(false, false) }},
	{"rpushx", -3, func(c *call) { c.pushTo(false, true) }},
}

// pushTo adds elements at one end of a list. A missing list is made unless mustExist is set.
func (c *call) pushTo(left, mustExist bool) {
	lookup := c.lookupOrInsert
	if mustExist {
		lookup = c.lookupKind
	}
	e, ok := lookup(c.args[1], kindList)
	switch {
	case !ok:
		return
	case e == nil:
		c.int(0)
		return
	}
	for _, v := range c.args[2:] {
		e = c.push(e, left, clone(v))
	}
	c.int(int64(e.size()))
}

// popFrom removes and replies one element at an end of a list, or up to count elements if a count is given.
func (c *call) popFrom(name string, left bool) {
	if len(c.args) > 3 {
		c.fail(redis.WrongArity(name))
		return
	}
	count, counted := int64(1), len(c.args) == 3
	if counted {
		var ok bool
		if count, ok = redis.ParseInt(c.args[2]); !ok || count < 0 {
			c.fail(errNotPositive)
			return
		}
	}
	e, ok := c.lookupKind(c.args[1], kindList)
	switch {
	case !ok:
		return
	case e == nil && counted:
		c.nullArray()
		return
	case e == nil:
		c.null()
		return
	}
	n := int(min(count, int64(e.size())))
	if counted {
		c.array(n)
	}
	if !c.roomToPop(e, left, n) {
		return
	}
	for range n {
		var v []byte
		e, v = c.pop(e, left)
		c.bulk(v)
	}
	c.removeIfEmpty(e)
}

// roomToPop reports whether n elements from an end of the list fit the limit after what has been replied, which
// includes the head of their array.
func (c *call) roomToPop(e *entry, left bool, n int) bool {
	count, size := 0, 0
	each := func(_ int64, v []byte) bool {
		count++
		size += bulkSize(len(v))
		return c.room(size) && count < n
	}
	switch {
	case n == 0:
	case left:
		e.list.Scan(each)
	default:
		e.list.Reverse(each)
	}
	return !c.full
}

func (c *call) lindex() {
	e, ok := c.lookupKind(c.args[1], kindList)
	if !ok {
		return
	}
	if e == nil {
		c.null()
		return
	}
	index, ok := redis.ParseInt(c.args[2])
	if !ok {
		c.fail(redis.ErrNotInt)
		return
	}
	n := int64(e.size())
	if index < 0 {
		index += n
	}
	if index < 0 || index >= n {
		c.null()
		return
	}
	_, v, _ := e.list.GetAt(int(index))
	c.bulk(v)
}

func (c *call) lrange() {
	start, ok1 := redis.ParseInt(c.args[2])
	stop, ok2 := redis.ParseInt(c.args[3])
	if !ok1 || !ok2 {
		c.fail(redis.ErrNotInt)
		return
	}
	e, ok := c.lookupKind(c.args[1], kindList)
	if !ok {
		return
	}
	n := int64(0)
	if e != nil {
		n = int64(e.size())
	}
	if start < 0 {
		start = max(start+n, 0)
	}
	if stop < 0 {
		stop += n
	}
	stop = min(stop, n-1)
	if start > stop {
		c.array(0)
		return
	}
	left := stop - start + 1
	c.array(int(left))
	first, _, _ := e.list.Min()
	e.list.Ascend(first+start, func(_ int64, v []byte) bool {
		left--
		return c.bulk(v) && left > 0
	})
}
