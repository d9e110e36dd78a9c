package kv

import (
	"math"

	"github.com/netordered/nopaxos/kv/internal/redis"
	"github.com/netordered/nopaxos/replica/wire"
)

const (
	// maxValue is the longest key, string, element, member, field or value of a field in bytes.
	// APPEND can make values that exceed the size of an operation.
	maxValue = 1 << 20
	// maxReplies is the most bytes of the reply to a command or to a transaction. wire.MaxResult has room
	// for the errors that replace longer replies.
	maxReplies = wire.MaxResult - wire.MaxResult/4
	// maxBeforeTransaction is the most bytes of replies in an operation before a transaction, whose replies
	// must all fit.
	maxBeforeTransaction = 64 << 10
)

const nanosPerMilli = 1_000_000

// maxExpired is the number of expired keys that an operation removes besides those it touches. It bounds
// the cost of an operation, and exceeds one so that expired keys become fewer under any load.
const maxExpired = 16

// Store is the state machine. It is not safe for concurrent use, except that another goroutine may write
// the snapshots that it returns.
type Store struct {
	spaces   [Databases]*space
	space    *space // spaces[db], the database that commands work on
	db       uint8
	earliest uint64 // no deadline of any database is before
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
	now  uint64   // logical time in ms, like deadlines
	args [][]byte // the command's name and arguments; valid during the call
	out  []byte   // the operation's replies
	base int      // length of out before the first reply
	over int      // limit on the length of out
	full bool     // the command's reply exceeds the limit
	left uint64   // commands left in the transaction
}

// Execute executes the commands of op and appends their replies to result. It stops before a command, other
// than the first, whose reply does not fit after the replies before it: the caller finds fewer replies than
// commands, and may execute the others by another operation. Keys expire by now, the logical time in
// nanoseconds. A malformed operation is answered by an error and changes nothing.
func (s *Store) Execute(slot, now uint64, op, result []byte) []byte {
	s.slot = slot
	if err := s.reader.check(op); err != nil {
		return redis.AppendError(result, "ERR malformed operation: "+err.Error())
	}
	now /= nanosPerMilli
	s.removeExpired(now)
	c := &s.call
	c.now, c.out, c.base, c.left = now, result, len(result), 0
	db, _ := s.reader.reset(op) // check has read it without an error
	s.use(db)
	for s.reader.more() && c.item() {
	}
	result, c.out, c.args = c.out, nil, nil
	return result
}

// item executes the next command, or begins a transaction. It returns false, without an effect on the state,
// if there is no room for the reply.
func (c *call) item() bool {
	multi, _ := c.reader.next()
	c.args = c.reader.args
	switch {
	case multi > 0:
		if len(c.out)-c.base > maxBeforeTransaction {
			return false
		}
		c.over, c.left = len(c.out)+maxReplies, multi-1
		c.array(int(multi - 1))
	case c.left > 0:
		c.left--
		if !c.run() {
			c.fail(errReplyLimit)
		}
	default:
		first := len(c.out) == c.base
		c.over = c.base + maxReplies
		if !c.run() {
			if first {
				c.fail(errReplyLimit)
			}
			return first
		}
	}
	return true
}

// run executes one command. It returns false, without a reply and without an effect on the state, if the reply
// exceeds the limit.
func (c *call) run() bool {
	start := len(c.out)
	if c.full = start > c.over; c.full {
		return false
	}
	cmd, msg := find(c.args)
	if msg != "" {
		c.fail(msg)
	} else {
		cmd.run(c)
	}
	if c.full {
		c.out = c.out[:start]
	}
	return !c.full
}

// removeExpired removes some of the keys whose deadline has passed, of each database the earliest first. It
// begins with another database at every slot, so that none of them takes all the removals.
func (s *Store) removeExpired(now uint64) {
	if now < s.earliest {
		return
	}
	s.earliest = math.MaxUint64
	left := maxExpired
	for i := range uint64(Databases) {
		db := uint8((s.slot + i) % Databases)
		for {
			e, any := s.spaces[db].expiring.Min()
			if !any {
				break
			}
			if e.expire > now || left == 0 {
				s.earliest = min(s.earliest, e.expire)
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

// The replies. A bulk string that exceeds the limit is left out, and run then removes the command's reply. A
// command that changes the state and replies bulk strings checks c.full before it changes anything. Other
// replies are short, and may exceed the limit.

// bulkSize returns the bytes of a bulk string of n bytes in a reply.
func bulkSize(n int) int {
	size := len("$0\r\n\r\n") + n
	for ; n >= 10; n /= 10 {
		size++
	}
	return size
}

// room reports whether bulk strings that take n bytes in all fit the limit.
func (c *call) room(n int) bool {
	if len(c.out)+n > c.over {
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
	if !c.room(bulkSize(len(v))) {
		return false
	}
	c.out = redis.AppendBulk(c.out, v)
	return true
}

func (c *call) bulkString(v string) bool {
	if !c.room(bulkSize(len(v))) {
		return false
	}
	c.out = redis.AppendBulk(c.out, v)
	return true
}
