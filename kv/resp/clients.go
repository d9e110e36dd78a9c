package resp

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// cmdClient executes CLIENT and its subcommands.
func (c *conn) cmdClient(args [][]byte) {
	switch word(args[1]) {
	case "caching":
		c.cmdCaching(args)
	case "getname":
		if name := c.name.Load(); name != nil {
			c.bulkString(*name)
		} else {
			c.null()
		}
	case "getredir":
		c.redirection()
	case "id":
		c.int(int64(c.id))
	case "info":
		c.text(c.describe(time.Now()))
	case "list":
		c.text(c.server.describeClients())
	case "setname":
		c.setName(args[2])
	case "reply":
		if word(args[2]) != "on" {
			c.fail("ERR CLIENT REPLY OFF and SKIP are not supported")
			return
		}
		c.ok()
	case "tracking":
		c.cmdTracking(args)
	case "trackinginfo":
		c.cmdTrackingInfo()
	default: // NO-EVICT, NO-TOUCH and SETINFO have no effect here
		c.ok()
	}
}

// clientCommands holds the subcommands of CLIENT and their arity.
var clientCommands = map[string]int{
	"caching": 3, "getname": 2, "getredir": 2, "id": 2, "info": 2, "list": -2, "no-evict": 3, "no-touch": 3, "reply": 3,
	"setinfo": 4, "setname": 3, "tracking": -3, "trackinginfo": 2,
}

func (c *conn) setName(name []byte) {
	if !isName(name) {
		c.fail(errName)
		return
	}
	c.storeName(string(name))
	c.ok()
}

// storeName stores the connection's name; an empty one removes it.
func (c *conn) storeName(name string) {
	if name == "" {
		c.name.Store(nil)
	} else {
		c.name.Store(&name)
	}
}

// protocol returns the version of RESP that the connection speaks.
func (c *conn) protocol() int64 {
	if c.resp3.Load() {
		return 3
	}
	return 2
}

// describe returns the connection's line of CLIENT LIST.
func (c *conn) describe(now time.Time) string {
	name := ""
	if p := c.name.Load(); p != nil {
		name = *p
	}
	return fmt.Sprintf("id=%d addr=%v laddr=%v name=%s age=%d db=%d resp=%d tot-cmds=%d\n",
		c.id, c.nc.RemoteAddr(), c.nc.LocalAddr(), name, int(now.Sub(c.since).Seconds()), c.db.Load(), c.protocol(),
		c.commands.Load())
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
