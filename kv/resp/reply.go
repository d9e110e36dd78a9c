package resp

import (
	"bytes"
	"math"

	"github.com/netordered/nopaxos/kv/internal/redis"
)

// The store replies in RESP 2, whatever the connections speak: its replies are replicated. The front-end
// converts them for a connection that speaks RESP 3.

// form is how a reply of the store is written in RESP 3.
type form uint8

const (
	plain  form = iota // as it is, apart from nulls
	asMap              // an array of keys and values
	asSet              // an array of members
	asInfo             // the section of INFO on the databases, to which the front-end adds its own
)

// forms holds the commands of the store whose replies are not plain.
var forms = map[string]form{
	"hgetall":  asMap,
	"info":     asInfo,
	"smembers": asSet,
}

// appendReply appends the first reply in b, which is RESP 2, in a form to out. It returns the bytes after
// the reply, and false if b does not start with a reply.
func appendReply(out, b []byte, f form, resp3 bool) (_, rest []byte, ok bool) {
	rest = b
	for left := 1; left > 0; left-- { // replies to read, the elements of arrays included
		end := bytes.IndexByte(rest, '\n')
		if end < 2 || rest[end-1] != '\r' {
			return out, b, false
		}
		head, kind, n := rest[:end+1], rest[0], int64(0)
		rest = rest[end+1:]
		switch kind {
		case '+', '-', ':':
			if resp3 {
				out = append(out, head...)
			}
			continue
		case '$', '*':
			if n, ok = redis.ParseInt(head[1 : end-1]); !ok || n > int64(len(rest)) || n > math.MaxInt32 {
				return out, b, false
			}
		default:
			return out, b, false
		}
		switch {
		case n < 0:
			if resp3 {
				out = append(out, "_\r\n"...)
			}
		case kind == '*':
			left += int(n)
			if resp3 {
				out = appendAggregate(out, n, f)
			}
		case n > int64(len(rest))-2:
			return out, b, false
		default:
			if resp3 {
				out = append(append(out, head...), rest[:n+2]...)
			}
			rest = rest[n+2:]
		}
		f = plain // of the elements
	}
	if !resp3 {
		out = append(out, b[:len(b)-len(rest)]...)
	}
	return out, rest, true
}

// appendAggregate appends the head of an array of n elements in a form.
func appendAggregate(out []byte, n int64, f form) []byte {
	switch f {
	case asMap:
		return redis.AppendHead(out, '%', n/2)
	case asSet:
		return redis.AppendHead(out, '~', n)
	}
	return redis.AppendHead(out, '*', n)
}

// The replies of the front-end itself, in the version of RESP that the connection speaks.

func (c *conn) fail(msg string)     { c.out = redis.AppendError(c.out, msg) }
func (c *conn) ok()                 { c.status("OK") }
func (c *conn) status(s string)     { c.out = redis.AppendStatus(c.out, s) }
func (c *conn) int(v int64)         { c.out = redis.AppendInt(c.out, v) }
func (c *conn) bulk(v []byte)       { c.out = redis.AppendBulk(c.out, v) }
func (c *conn) bulkString(v string) { c.out = redis.AppendBulk(c.out, v) }
func (c *conn) array(n int)         { c.out = redis.AppendArray(c.out, n) }

func (c *conn) null() {
	if c.resp3.Load() {
		c.out = append(c.out, "_\r\n"...)
	} else {
		c.out = redis.AppendNull(c.out)
	}
}

// mapping replies the head of a map of n pairs.
func (c *conn) mapping(n int) { c.aggregate(2*n, asMap) }

func (c *conn) aggregate(n int, f form) {
	if !c.resp3.Load() {
		f = plain
	}
	c.out = appendAggregate(c.out, int64(n), f)
}

// fields replies a map of strings.
func (c *conn) fields(fields []Field) {
	c.mapping(len(fields))
	for _, f := range fields {
		c.bulkString(f.Name)
		c.bulkString(f.Value)
	}
}

// text replies a text for people, which RESP 3 tells apart from other strings.
func (c *conn) text(s string) {
	if !c.resp3.Load() {
		c.bulkString(s)
		return
	}
	const format = "txt:"
	c.out = redis.AppendHead(c.out, '=', int64(len(format)+len(s)))
	c.out = append(append(append(c.out, format...), s...), "\r\n"...)
}
