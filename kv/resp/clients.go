package resp

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/netordered/nopaxos/kv/internal/redis"
)

// cmdClient executes CLIENT and its subcommands.
func (c *conn) cmdClient(args [][]byte) {
	sub := word(args[1])
	arity, known := clientArity[sub]
	switch {
	case !known:
		c.unknownSubcommand("CLIENT", args[1])
		return
	case !redis.AllowsArity(arity, len(args)):
		c.fail(redis.WrongArity("client|" + sub))
		return
	}
	switch sub {
	case "getname":
		if name := c.name.Load(); name != nil {
			c.bulkString(*name)
		} else {
			c.null()
		}
	case "id":
		c.int(int64(c.id))
	case "info":
		c.bulkString(c.describe(time.Now()))
	case "list":
		c.bulkString(c.server.describeClients())
	case "setname":
		c.setName(args[2])
	case "reply":
		if word(args[2]) != "on" {
			c.fail("ERR CLIENT REPLY OFF and SKIP are not supported")
			return
		}
		c.ok()
	default: // NO-EVICT, NO-TOUCH and SETINFO have no effect here
		c.ok()
	}
}

// clientArity holds the subcommands of CLIENT and their arity.
var clientArity = map[string]int{
	"getname": 2, "id": 2, "info": 2, "list": -2, "no-evict": 3, "no-touch": 3, "reply": 3, "setinfo": 4, "setname": 3,
}

func (c *conn) setName(name []byte) {
	switch {
	case !isName(name):
		c.fail(errName)
		return
	case len(name) == 0:
		c.name.Store(nil)
	default:
		s := string(name)
		c.name.Store(&s)
	}
	c.ok()
}

// describe returns the connection's line of CLIENT LIST.
func (c *conn) describe(now time.Time) string {
	name := ""
	if p := c.name.Load(); p != nil {
		name = *p
	}
	return fmt.Sprintf("id=%d addr=%v laddr=%v name=%s age=%d db=0 resp=2 tot-cmds=%d\n",
		c.id, c.nc.RemoteAddr(), c.nc.LocalAddr(), name, int(now.Sub(c.since).Seconds()), c.commands.Load())
}

func (s *Server) describeClients() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	conns := make([]*conn, 0, len(s.conns))
	for _, c := range s.conns {
		conns = append(conns, c)
	}
	slices.SortFunc(conns, func(a, b *conn) int { return cmp.Compare(a.id, b.id) })
	var b strings.Builder
	now := time.Now()
	for _, c := range conns {
		b.WriteString(c.describe(now))
	}
	return b.String()
}
