package resp

import (
	"bytes"

	"github.com/netordered/nopaxos/kv"
	"github.com/netordered/nopaxos/kv/internal/redis"
)

// transaction is the state between MULTI and EXEC.
type transaction struct {
	open     bool
	failed   bool     // a command was refused, so EXEC will be
	op       []byte   // operation of the commands queued that are replicated
	n        int      // commands in op
	commands []queued // all that are queued
	held     int      // bytes of the commands that are not in op
	db       *uint32  // of the last SELECT queued that will succeed
}

// queued is a command of a transaction.
type queued struct {
	reply
	local *localCommand // nil: the command is replicated
	args  [][]byte      // of a local command
}

// fail makes EXEC refuse the open transaction, if any.
func (t *transaction) fail() { t.failed = t.open }

func (t *transaction) reset() { *t = transaction{op: t.op[:0]} }

// queue queues a command in the open transaction, or refuses it.
func (c *conn) queue(args [][]byte, local *localCommand) {
	t, limit := &c.multi, c.server.config.MaxOp
	c.execute()
	size := kv.OpOverhead + kv.TransactionSize(t.op, t.n+1) + t.held + kv.CommandSize(args...)
	if size > limit {
		t.fail()
		c.fail(tooLarge(size, limit))
		return
	}
	c.status("QUEUED")
	if local != nil && !local.replicable {
		t.commands = append(t.commands, queued{local: local, args: cloneArgs(args)})
		t.held += kv.CommandSize(args...)
		return
	}
	if local != nil && local.name == "select" {
		if db, msg := redis.ParseDB(args[1], kv.Databases, ""); msg == "" {
			t.db = new(uint32(db))
		}
	}
	t.commands = append(t.commands, queued{reply: describe(args)})
	t.op = kv.AppendCommand(t.op, args...)
	t.n++
}

func cloneArgs(args [][]byte) [][]byte {
	own := make([][]byte, len(args))
	for i, a := range args {
		own[i] = bytes.Clone(a)
	}
	return own
}

func (c *conn) cmdMulti([][]byte) {
	if c.multi.open {
		c.fail("ERR MULTI calls can not be nested")
		return
	}
	c.multi.open = true
	c.ok()
}

func (c *conn) cmdDiscard([][]byte) {
	if !c.multi.open {
		c.fail("ERR DISCARD without MULTI")
		return
	}
	c.multi.reset()
	c.ok()
}

// cmdExec executes the transaction. Later commands of the pipeline may join its operation.
func (c *conn) cmdExec([][]byte) {
	t := c.multi
	c.multi.reset()
	switch {
	case !t.open:
		c.fail("ERR EXEC without MULTI")
	case t.failed:
		c.fail("EXECABORT Transaction discarded because of previous errors.")
	case t.n == 0:
		c.array(len(t.commands))
		for _, q := range t.commands {
			c.runQueued(q)
		}
	default:
		c.begin()
		c.op.bytes = kv.AppendTransaction(c.op.bytes, t.op, t.n)
		c.op.pending = append(c.op.pending, pending{exec: t.commands, end: len(c.op.bytes)})
		if t.db != nil {
			if c.execute(); c.broken == nil {
				c.db.Store(*t.db)
			}
		}
	}
}

// runQueued executes a local command of a transaction. Each of many may have a long reply, so those before it are
// sent first. The last one remains, for write to append a push message to.
func (c *conn) runQueued(q queued) {
	if len(c.out) >= flushReplies && !c.send() {
		c.closing = true
	}
	q.local.run(c, q.args)
}

func (c *conn) cmdWatch([][]byte) {
	if c.multi.open {
		c.fail("ERR WATCH inside MULTI is not allowed")
		return
	}
	c.fail("ERR WATCH is not supported: a transaction is replicated as one operation and cannot depend on a connection's past")
}
