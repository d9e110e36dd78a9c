package resp

import (
	"fmt"

	"github.com/netordered/nopaxos/kv"
	"github.com/netordered/nopaxos/kv/internal/redis"
)

// transaction is the state between MULTI and EXEC.
type transaction struct {
	open   bool
	failed bool   // a command was refused, so EXEC will be
	op     []byte // operation of the commands queued
	n      int    // commands queued
	db     *uint8 // of the last SELECT queued that will succeed
}

// fail makes EXEC refuse the open transaction, if any.
func (t *transaction) fail() { t.failed = t.open }

func (t *transaction) reset() { *t = transaction{op: t.op[:0]} }

// queue queues a command in the open transaction, or refuses it.
func (c *conn) queue(args [][]byte, local *localCommand) {
	t, limit := &c.multi, c.server.config.MaxOp
	msg := ""
	if local != nil && !local.replicable {
		msg = fmt.Sprintf("ERR Command '%s' not allowed inside a transaction", local.name)
	} else if size := kv.OpOverhead + kv.TransactionSize(t.op, t.n+1) + kv.CommandSize(args...); size > limit {
		msg = tooLarge(size, limit)
	}
	c.execute()
	if msg != "" {
		t.fail()
		c.fail(msg)
		return
	}
	if local != nil && local.name == "select" {
		if db, msg := redis.ParseDB(args[1], kv.Databases, ""); msg == "" {
			t.db = &db
		}
	}
	t.op = kv.AppendCommand(t.op, args...)
	t.n++
	c.status("QUEUED")
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

// cmdExec adds the transaction to the operation. Later commands of the pipeline may join it.
func (c *conn) cmdExec([][]byte) {
	t := &c.multi
	switch {
	case !t.open:
		c.fail("ERR EXEC without MULTI")
		return
	case t.failed:
		c.fail("EXECABORT Transaction discarded because of previous errors.")
	case t.n == 0:
		c.array(0)
	default:
		c.begin()
		c.op = kv.AppendTransaction(c.op, t.op, t.n)
		c.replies++
		if t.db != nil {
			if c.execute(); c.broken == nil {
				c.db = *t.db
			}
		}
	}
	t.reset()
}

func (c *conn) cmdWatch([][]byte) {
	if c.multi.open {
		c.fail("ERR WATCH inside MULTI is not allowed")
		return
	}
	c.fail("ERR WATCH is not supported: a transaction is replicated as one operation and cannot depend on a connection's past")
}
