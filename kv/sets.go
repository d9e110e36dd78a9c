package kv

var setCommands = []command{
	{"sadd", -3, (*call).sadd},
	{"scard", 2, func(c *call) { c.length(kindSet) }},
	{"sismember", 3, (*call).sismember},
	{"smembers", 2, (*call).smembers},
	{"smismember", -3, (*call).smismember},
	{"srem", -3, func(c *call) { c.deleteElements(kindSet, (*Store).deleteMember) }},
}

func (c *call) sadd() {
	e, ok := c.lookupOrInsert(c.args[1], kindSet)
	if !ok {
		return
	}
	added := int64(0)
	for _, m := range c.args[2:] {
		var isNew bool
		if e, isNew = c.addMember(e, view(m)); isNew {
			added++
		}
	}
	c.int(added)
}

func isMember(e *entry, member []byte) bool {
	if e == nil {
		return false
	}
	_, has := e.set.Get(view(member))
	return has
}

func (c *call) sismember() {
	if e, ok := c.lookupKind(c.args[1], kindSet); ok {
		c.bool(isMember(e, c.args[2]))
	}
}

func (c *call) smismember() {
	e, ok := c.lookupKind(c.args[1], kindSet)
	if !ok {
		return
	}
	c.array(len(c.args) - 2)
	for _, m := range c.args[2:] {
		c.bool(isMember(e, m))
	}
}

// smembers replies the members, sorted.
func (c *call) smembers() {
	e, ok := c.lookupKind(c.args[1], kindSet)
	if !ok {
		return
	}
	if e == nil {
		c.array(0)
		return
	}
	c.array(e.size())
	e.set.Scan(func(member string, _ struct{}) bool { return c.bulkString(member) })
}
