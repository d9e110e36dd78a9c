package resp

import (
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"time"

	"github.com/netordered/nopaxos/kv"
)

// flushReplies is the bytes of replies beyond which they are written.
const flushReplies = 64 << 10

// conn is a client's connection. Its goroutine alone changes the fields; others may read the atomic ones.
type conn struct {
	server  *Server
	nc      net.Conn
	id      uint64
	since   time.Time
	request *requestReader

	name     atomic.Pointer[string] // CLIENT SETNAME
	commands atomic.Uint64
	db       atomic.Uint32 // SELECT
	resp3    atomic.Bool   // HELLO 3; else RESP 2

	authenticated bool
	closing       bool
	out           []byte // replies to write

	op     operation
	broken error // failure of an operation; the rest of the pipeline is not executed

	multi    transaction
	tracking tracking
}

// keptReplies is the largest capacity of out that is kept for the next replies.
const keptReplies = 4 * flushReplies

func newConn(s *Server, nc net.Conn, id uint64) *conn {
	c := &conn{server: s, nc: nc, id: id, since: time.Now()}
	// An argument takes at least one byte in an operation and six on the wire.
	c.request = newRequestReader(nc, 8*s.config.MaxOp+readBuffer, &s.budget)
	c.setAuthenticated(s.config.Password == "")
	return c
}

func (c *conn) setAuthenticated(v bool) {
	c.authenticated = v
	c.request.authenticated = v
}

// serve reads commands and replies to them until the connection ends.
func (c *conn) serve() {
	defer func() {
		c.request.release()
		_ = c.nc.Close()
	}()
	for !c.closing {
		switch args, err := c.request.next(); {
		case err == nil:
			c.command(args)
		case errors.Is(err, errIncomplete):
			// All that has arrived of the pipeline is gathered.
			if c.execute(); !c.write() || !c.read() {
				return
			}
			c.broken = nil
		default:
			c.bad(err)
		}
		if len(c.out) >= flushReplies && !c.write() {
			return
		}
	}
	c.execute()
	c.write()
}

// bad replies to a request that the reader rejected.
func (c *conn) bad(err error) {
	c.execute()
	var size errTooLarge
	if errors.As(err, &size) {
		c.multi.fail()
		c.fail(tooLarge(int(size), c.server.config.MaxOp))
		return
	}
	c.fail("ERR " + err.Error())
	c.closing = true
}

func tooLarge(size, limit int) string {
	return fmt.Sprintf("ERR request of %d bytes exceeds the limit of %d bytes that an operation of this cluster may have", size, limit)
}

// command executes, gathers or queues one command.
func (c *conn) command(args [][]byte) {
	c.commands.Add(1)
	c.server.stats.commands.Add(1)
	local, msg := findLocal(args)
	if local == nil {
		msg = kv.CheckCommand(args)
	}
	switch {
	case msg != "":
		c.multi.fail()
		c.refuse(msg)
	case !c.authenticated && (local == nil || !local.anyone):
		c.multi.fail()
		c.refuse(errNoAuth)
	case c.multi.open && (local == nil || !local.inMulti):
		c.queue(args, local)
	case local == nil, local.replicated != nil && local.replicated(args):
		c.gather(args)
	default:
		c.execute() // replies are in the order of the commands
		local.run(c, args)
	}
}

// refuse replies an error, after the replies to the commands gathered before.
func (c *conn) refuse(msg string) {
	c.execute()
	c.fail(msg)
}

// read reads more of the requests and reports whether the connection is still open.
func (c *conn) read() bool {
	err := c.request.fill()
	if errors.Is(err, errNoRoom) {
		c.server.stats.evicted.Add(1)
		c.fail("ERR connection closed: " + err.Error())
		c.write()
	}
	return err == nil
}

// write writes the replies and reports whether the connection is still open.
func (c *conn) write() bool {
	c.out = c.tracking.appendPush(c.out, c.resp3.Load())
	return c.send()
}

// send writes the replies appended so far, which may end within the reply to EXEC. For a client that reads less
// than flushReplies in WriteTimeout it closes the connection and returns false.
func (c *conn) send() bool {
	open := true
	for rest := c.out; len(rest) > 0 && open; {
		part := rest[:min(len(rest), flushReplies)]
		if c.nc.SetWriteDeadline(time.Now().Add(c.server.config.WriteTimeout)) != nil {
			open = false
		} else if _, err := c.nc.Write(part); err != nil {
			open = false
		}
		rest = rest[len(part):]
	}
	if !open {
		_ = c.nc.Close()
	}
	if c.out = c.out[:0]; cap(c.out) > keptReplies {
		c.out = nil
	}
	return open
}
