package kv

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/netordered/nopaxos/kv/internal/redis"
)

// use makes db the database that commands work on.
func (s *Store) use(db uint8) { s.db, s.space = db, s.spaces[db] }

// flush empties the current database.
func (s *Store) flush() {
	if s.space.keys.Len() == 0 {
		return
	}
	s.record(undo{kind: undoFlush, space: s.space})
	s.spaces[s.db] = newSpace()
	s.use(s.db)
}

// swap exchanges two databases.
func (s *Store) swap(a, b uint8) {
	s.spaces[a], s.spaces[b] = s.spaces[b], s.spaces[a]
	s.use(s.db)
}

// database parses an index. If it is none, it replies an error.
func (c *call) database(text []byte) (uint8, bool) {
	db, msg := redis.ParseDB(text, Databases, "")
	if msg != "" {
		c.fail(msg)
	}
	return db, msg == ""
}

// selectDB executes SELECT for the rest of the operation. The front-end keeps the database of a connection.
func (c *call) selectDB() {
	if db, ok := c.database(c.args[1]); ok {
		c.use(db)
		c.ok()
	}
}

// dbsize counts expired keys that have not been removed yet, as Redis does.
func (c *call) dbsize() { c.int(int64(c.space.keys.Len())) }

// flushMode checks the arguments of FLUSHDB and FLUSHALL.
func (c *call) flushMode() bool {
	if len(c.args) > 2 || len(c.args) == 2 && !isWord(c.args[1], "sync") && !isWord(c.args[1], "async") {
		c.fail(redis.ErrSyntax)
		return false
	}
	return true
}

func (c *call) flushDB() {
	if c.flushMode() {
		c.flush()
		c.ok()
	}
}

func (c *call) flushAll() {
	if !c.flushMode() {
		return
	}
	current := c.db
	for db := range uint8(Databases) {
		c.use(db)
		c.flush()
	}
	c.use(current)
	c.ok()
}

func (c *call) swapDB() {
	a, msg := redis.ParseDB(c.args[1], Databases, "ERR invalid first DB index")
	b, second := redis.ParseDB(c.args[2], Databases, "ERR invalid second DB index")
	if msg == "" || msg == redis.ErrDBIndex { // Redis parses both before it checks their range
		msg = cmp.Or(second, msg)
	}
	if msg != "" {
		c.fail(msg)
		return
	}
	if a != b {
		current := c.db
		c.use(a)
		c.record(undo{kind: undoSwap, n: uint64(b)})
		c.use(current)
		c.swap(a, b)
	}
	c.ok()
}

func (c *call) move() {
	db, ok := c.database(c.args[2])
	switch {
	case !ok:
	case db == c.db:
		c.fail(errSameObject)
	default:
		e := c.duplicate(c.args[1], db, c.args[1], false)
		if e != nil {
			c.remove(e)
		}
		c.bool(e != nil)
	}
}

func (c *call) copyKey() {
	from, to, db, replace := c.args[1], c.args[2], c.db, false
	for rest := c.args[3:]; len(rest) > 0; rest = rest[1:] {
		switch {
		case isWord(rest[0], "replace"):
			replace = true
		case isWord(rest[0], "db") && len(rest) > 1:
			var ok bool
			if db, ok = c.database(rest[1]); !ok {
				return
			}
			rest = rest[1:]
		default:
			c.fail(redis.ErrSyntax)
			return
		}
	}
	if db == c.db && string(from) == string(to) {
		c.fail(errSameObject)
		return
	}
	c.bool(c.duplicate(from, db, to, replace) != nil)
}

// duplicate copies the value and deadline of the key from to the key to of database db. It returns from's
// entry, or nil if there is none, or if there is one at the destination that is not to be replaced.
func (c *call) duplicate(from []byte, db uint8, to []byte, replace bool) *entry {
	e := c.lookup(from)
	if e == nil {
		return nil
	}
	current := c.db
	c.use(db)
	defer c.use(current)
	if old := c.lookup(to); old != nil {
		if !replace {
			return nil
		}
		c.remove(old)
	}
	d := c.newEntry(string(to), e.kind)
	d.expire = e.expire
	switch e.kind {
	case kindString:
		d.str, d.born = c.buffers.get(len(e.str)), c.epoch
		copy(d.str, e.str)
	case kindHash:
		d.fields = e.fields.IsoCopy()
	case kindList:
		d.list = e.list.IsoCopy()
	case kindSet:
		d.set = e.set.IsoCopy()
	}
	c.insert(d)
	return e
}

// info replies INFO's section on the databases. The front-end has the other sections.
func (c *call) info() {
	var b strings.Builder
	b.WriteString("# Keyspace\r\n")
	for db, sp := range c.spaces {
		if n := sp.keys.Len(); n > 0 {
			fmt.Fprintf(&b, "db%d:keys=%d,expires=%d,avg_ttl=0\r\n", db, n, sp.expiring.Len())
		}
	}
	c.bulkString(b.String())
}
