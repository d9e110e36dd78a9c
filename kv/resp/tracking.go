package resp

import "github.com/netordered/nopaxos/kv/internal/redis"

// tracking is the state of CLIENT TRACKING, client-side caching. A client with it caches what it reads until
// the server sends that it is invalid, which the server may do at any time. This server remembers no keys: it
// sends, after the replies that a client may cache, that everything is invalid.
type tracking struct {
	on     bool
	optIn  bool // only commands after CLIENT CACHING YES are cached
	optOut bool
	noLoop bool
	pushes bool // replies may be cached
}

// appendPush appends the message that all keys are invalid if one is due.
func (t *tracking) appendPush(out []byte, resp3 bool) []byte {
	if !t.pushes || !resp3 || len(out) == 0 {
		return out
	}
	return append(out, ">2\r\n$10\r\ninvalidate\r\n_\r\n"...)
}

// cmdTracking executes CLIENT TRACKING ON|OFF [option …].
func (c *conn) cmdTracking(args [][]byte) {
	var t tracking
	switch word(args[2]) {
	case "on":
		t.on = true
	case "off":
	default:
		c.fail(redis.ErrSyntax)
		return
	}
	for _, option := range args[3:] {
		switch word(option) {
		case "optin":
			t.optIn = true
		case "optout":
			t.optOut = true
		case "noloop":
			t.noLoop = true
		case "bcast", "prefix", "redirect":
			c.fail("ERR CLIENT TRACKING with BCAST, PREFIX or REDIRECT is not supported")
			return
		default:
			c.fail(redis.ErrSyntax)
			return
		}
	}
	if t.optIn && t.optOut {
		c.fail("ERR You can't specify both OPTIN mode and OPTOUT mode")
		return
	}
	if old := &c.tracking; t.on && old.on && (t.optIn != old.optIn || t.optOut != old.optOut) {
		c.fail("ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and then re-enabling it with a different mode.")
		return
	}
	if !t.on {
		t = tracking{}
	}
	t.pushes = t.on && !t.optIn
	c.tracking = t
	c.ok()
}

// cmdCaching executes CLIENT CACHING YES|NO.
func (c *conn) cmdCaching(args [][]byte) {
	t := &c.tracking
	switch answer := word(args[2]); {
	case !t.optIn && !t.optOut:
		c.fail("ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled")
	case answer == "yes" && t.optIn:
		t.pushes = true // also after the commands that follow
		c.ok()
	case answer == "no" && t.optOut:
		c.ok()
	case answer == "yes":
		c.fail("ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.")
	case answer == "no":
		c.fail("ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.")
	default:
		c.fail(redis.ErrSyntax)
	}
}

// cmdTrackingInfo executes CLIENT TRACKINGINFO.
func (c *conn) cmdTrackingInfo() {
	t := &c.tracking
	var flags []string
	for _, f := range []struct {
		set  bool
		name string
	}{{!t.on, "off"}, {t.on, "on"}, {t.optIn, "optin"}, {t.optOut, "optout"}, {t.noLoop, "noloop"}} {
		if f.set {
			flags = append(flags, f.name)
		}
	}
	c.mapping(3)
	c.bulkString("flags")
	c.aggregate(len(flags), asSet)
	for _, f := range flags {
		c.bulkString(f)
	}
	c.bulkString("redirect")
	c.redirection()
	c.bulkString("prefixes")
	c.array(0)
}

// redirection replies to which client the messages go: 0 for this one, −1 for none.
func (c *conn) redirection() {
	if c.tracking.on {
		c.int(0)
	} else {
		c.int(-1)
	}
}
