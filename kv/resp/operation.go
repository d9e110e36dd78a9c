package resp

import (
	"bytes"
	"context"
	"errors"

	"github.com/netordered/nopaxos/kv"
	"github.com/netordered/nopaxos/kv/internal/redis"
)

// operation is the commands gathered to be replicated together.
type operation struct {
	bytes   []byte
	pending []pending // replies expected, in order
}

// pending is the reply to a command of an operation.
type pending struct {
	reply
	end  int      // where the command ends in the operation
	exec []queued // of EXEC: the commands of the transaction
}

// reply describes how the reply to a command is written.
type reply struct {
	form     form
	sections sections // of INFO
}

// describe returns the description of the reply to a command.
func describe(args [][]byte) reply {
	r := reply{form: redis.Find(forms, args[0])}
	if r.form == asInfo {
		r.sections = parseSections(args[1:])
	}
	return r
}

// gather adds a command to the operation. If it does not fit, the operation is executed first.
func (c *conn) gather(args [][]byte) {
	size, limit := kv.CommandSize(args...), c.server.config.MaxOp
	if kv.OpOverhead+size > limit {
		c.refuse(tooLarge(kv.OpOverhead+size, limit))
		return
	}
	if len(c.op.bytes)+size > limit {
		c.execute()
	}
	c.begin()
	c.op.bytes = kv.AppendCommand(c.op.bytes, args...)
	c.op.pending = append(c.op.pending, pending{reply: describe(args), end: len(c.op.bytes)})
}

// begin begins an operation on the connection's database if none has begun.
func (c *conn) begin() {
	if len(c.op.pending) == 0 {
		c.op.bytes = kv.NewOperation(c.op.bytes, uint8(c.db.Load()))
	}
}

// execute executes the commands gathered and appends their replies. The store executes only the first
// commands of an operation if the replies to all of them would be too long, so the rest follows in another
// operation.
func (c *conn) execute() {
	for len(c.op.pending) > 0 {
		result, err := c.invoke()
		done := 0
		if err == nil {
			done, err = c.deliver(result)
		}
		c.op.drop(done)
		if err != nil {
			c.failPending(err)
			c.broken = err
		}
		if len(c.op.pending) > 0 && len(c.out) >= flushReplies && !c.write() {
			c.closing = true
			c.op.drop(len(c.op.pending))
		}
	}
}

// drop removes the first n commands.
func (o *operation) drop(n int) {
	if n == 0 {
		return
	}
	from := o.pending[n-1].end
	left := copy(o.pending, o.pending[n:])
	clear(o.pending[left:])
	o.pending = o.pending[:left]
	o.bytes = append(o.bytes[:kv.OpOverhead], o.bytes[from:]...)
	for i := range o.pending {
		o.pending[i].end -= from - kv.OpOverhead
	}
}

// invoke replicates the operation and returns its result.
func (c *conn) invoke() ([]byte, error) {
	if c.broken != nil {
		return nil, c.broken
	}
	ctx, cancel := context.WithTimeout(c.server.ctx, c.server.config.Timeout)
	defer cancel()
	c.server.stats.operations.Add(1)
	return c.server.config.Invoker.Invoke(ctx, c.op.bytes)
}

// errResult reports a result that does not consist of replies.
var errResult = errors.New("the command may or may not have been executed: the group's result is not a list of replies")

// deliver appends the replies in a result and returns their number.
func (c *conn) deliver(result []byte) (done int, err error) {
	for _, p := range c.op.pending {
		if len(result) == 0 {
			break
		}
		ok := false
		if p.exec != nil {
			result, ok = c.deliverExec(p.exec, result)
		} else {
			result, ok = c.deliverOne(p.reply, result)
		}
		if !ok {
			return done, errResult
		}
		done++
	}
	if done == 0 || len(result) > 0 {
		return done, errResult
	}
	return done, nil
}

// deliverOne appends the first reply in result and returns the bytes after it.
func (c *conn) deliverOne(r reply, result []byte) (rest []byte, ok bool) {
	if r.form == asInfo && result[0] == '$' {
		section, rest, err := kv.ParseReply(result)
		if err == nil {
			c.info(r.sections, section.Bytes)
		}
		return rest, err == nil
	}
	c.out, rest, ok = appendReply(c.out, result, r.form, c.resp3.Load())
	return rest, ok
}

// deliverExec appends the reply to EXEC, to which it adds the replies to the front-end's own commands.
func (c *conn) deliverExec(commands []queued, result []byte) (rest []byte, ok bool) {
	if result[0] != '*' {
		return c.deliverOne(reply{}, result) // an error
	}
	_, rest, ok = bytes.Cut(result, []byte("\r\n"))
	c.array(len(commands))
	for _, q := range commands {
		switch {
		case !ok || q.local == nil && len(rest) == 0:
			return rest, false
		case q.local != nil:
			c.runQueued(q)
		default:
			rest, ok = c.deliverOne(q.reply, rest)
		}
	}
	return rest, ok
}

// failPending replies to the commands left in the operation that it failed.
func (c *conn) failPending(err error) {
	msg := invokeError(err)
	if c.broken != nil {
		msg = "ERR not executed: a command before it in the pipeline failed: " + err.Error()
	}
	for _, p := range c.op.pending {
		if p.form == asInfo {
			c.info(p.sections, nil) // what this process knows
		} else {
			c.fail(msg)
		}
	}
	c.op.drop(len(c.op.pending))
}
