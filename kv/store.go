package kv

import (
	"github.com/netordered/nopaxos/kv/internal/redis"
	"github.com/netordered/nopaxos/replica/wire"
)

const (
	// maxValue is the longest key, string, element, member, field or value of a field in bytes.
	// APPEND can make values that exceed the size of an operation.
	maxValue = 1 << 20
	// maxReplies is the most bytes of replies of an operation. A reply beyond it is replaced by an error,
	// for which there is room below wire.MaxResult.
	maxReplies = wire.MaxResult - wire.MaxResult/4
)

// maxExpired is the number of expired keys that an operation removes besides those it touches. It bounds
// the cost of an operation, and exceeds one so that expired keys become fewer under any load.
const maxExpired = 16

// Store is the state machine. It is not safe for concurrent use, except that another goroutine may write
// the snapshots that it returns.
type Store struct {
	spaces   [Databases]*space
	space    *space // spaces[db], the database that commands work on
	db       uint8
	epoch    uint64 // number of snapshots taken
	slot     uint64 // of the last operation executed
	released uint64 // slots up to here are never undone
	undo     undoLog
	buffers  buffers
	probe    entry // scratch of space.get
	reader   opReader
	call     call
}

// New returns an empty store.
func New() *Store {
	s := &Store{}
	for db := range s.spaces {
		s.spaces[db] = newSpace()
	}
	s.use(0)
	s.call.Store = s
	return s
}

// call is one command's execution.
type call struct {
	*Store
	now  uint64   // logical time in ns
	args [][]byte // the command's name and arguments; valid during the call
	out  []byte   // the operation's replies
	over int      // limit on the length of out
	full bool     // the command's reply exceeds the limit
}

// Execute executes the commands of op and appends their replies to result. Keys expire by now, the
// logical time in nanoseconds. A malformed operation is answered by an error and changes nothing.
func (s *Store) Execute(slot, now uint64, op, result []byte) []byte {
	s.slot = slot
	if err := s.reader.check(op); err != nil {
		return redis.AppendError(result, "ERR malformed operation: "+err.Error())
	}
	s.removeExpired(now)
	c := &s.call
	c.now, c.out, c.over = now, result, len(result)+maxReplies
	db, _ := s.reader.reset(op) // check has read it without an error
	s.use(db)
	for s.reader.more() {
		multi, _ := s.reader.next()
		if multi > 0 {
			c.out = redis.AppendArray(c.out, int(multi-1))
			continue
		}
		c.args = s.reader.args
		c.run()
	}
	result, c.out, c.args = c.out, nil, nil
	return result
}

// run executes one command.
func (c *call) run() {
	start := len(c.out)
	c.full = false
	cmd, msg := find(c.args)
	if msg != "" {
		c.fail(msg)
	} else {
		cmd.run(c)
	}
	if c.full || len(c.out) > c.over {
		c.out = redis.AppendError(c.out[:start], errReplyLimit)
	}
}

// removeExpired removes some of the keys whose deadline has passed, of each database the earliest first. It
// begins with another database at every slot, so that none of them takes all the removals.
func (s *Store) removeExpired(now uint64) {
	left := maxExpired
	for i := range uint64(Databases) {
		db := uint8((s.slot + i) % Databases)
		for left > 0 {
			e, any := s.spaces[db].expiring.Min()
			if !any || e.expire > now {
				break
			}
			s.use(db)
			s.remove(e)
			left--
		}
	}
}

// lookup returns the entry of a key that has not expired, or nil.
func (c *call) lookup(key []byte) *entry {
	e := c.space.get(view(key), &c.probe)
	if e != nil && e.expire != 0 && e.expire <= c.now {
		c.remove(e)
		return nil
	}
	return e
}

// lookupKind is lookup for a value of kind k. For a value of another kind it replies WRONGTYPE and
// returns false.
func (c *call) lookupKind(key []byte, k kind) (*entry, bool) {
	e := c.lookup(key)
	if e != nil && e.kind != k {
		c.fail(errWrongType)
		return nil, false
	}
	return e, true
}

// lookupOrInsert is lookupKind for a collection. It inserts an empty one if there is none; the caller
// must add an element to it.
func (c *call) lookupOrInsert(key []byte, k kind) (*entry, bool) {
	e, ok := c.lookupKind(key, k)
	if !ok || e != nil {
		return e, ok
	}
	e = c.newEntry(string(key), k)
	c.insert(e)
	return e, true
}

// The replies. A reply that exceeds the limit is cut short, and run replaces it by an error. A command that
// removes the values in its reply checks c.full before it changes anything.

// bulkHead is an upper bound on the bytes of a bulk reply besides its value.
const bulkHead = 32

// room reports whether count bulk strings of n bytes in all fit the limit.
func (c *call) room(count, n int) bool {
	if len(c.out)+count*bulkHead+n > c.over {
		c.full = true
	}
	return !c.full
}

func (c *call) ok()             { c.status("OK") }
func (c *call) status(s string) { c.out = redis.AppendStatus(c.out, s) }
func (c *call) fail(msg string) { c.out = redis.AppendError(c.out, msg) }
func (c *call) int(v int64)     { c.out = redis.AppendInt(c.out, v) }
func (c *call) null()           { c.out = redis.AppendNull(c.out) }
func (c *call) nullArray()      { c.out = redis.AppendNullArray(c.out) }
func (c *call) array(n int)     { c.out = redis.AppendArray(c.out, n) }

func (c *call) bool(v bool) {
	if v {
		c.int(1)
	} else {
		c.int(0)
	}
}

func (c *call) bulk(v []byte) bool {
	if !c.room(1, len(v)) {
		return false
	}
	c.out = redis.AppendBulk(c.out, v)
	return true
}

func (c *call) bulkString(v string) bool {
	if !c.room(1, len(v)) {
		return false
	}
	c.out = redis.AppendBulk(c.out, v)
	return true
}
