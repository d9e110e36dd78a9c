package kv

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/netordered/nopaxos/kv/internal/redis"
)

// ReplyKind is the kind of a Reply. The values are the first bytes of RESP replies.
type ReplyKind byte

// The kinds of replies.
const (
	ReplyStatus ReplyKind = '+'
	ReplyError  ReplyKind = '-'
	ReplyInt    ReplyKind = ':'
	ReplyBulk   ReplyKind = '$'
	ReplyArray  ReplyKind = '*'
)

// Reply is the reply to one command.
type Reply struct {
	Kind  ReplyKind
	Null  bool    // a null bulk string or array: the value does not exist
	Int   int64   // of ReplyInt
	Bytes []byte  // of ReplyStatus, ReplyError and ReplyBulk; points into the parsed bytes
	Array []Reply // of ReplyArray
}

// Err returns an error reply as a ServerError, and nil for other replies.
func (r Reply) Err() error {
	if r.Kind != ReplyError {
		return nil
	}
	return ServerError(r.Bytes)
}

// ServerError is an error reply of the store, for example "ERR syntax error".
type ServerError string

func (e ServerError) Error() string { return string(e) }

var (
	errReplyShort = errors.New("kv: reply ends too early")
	errReplyDeep  = errors.New("kv: arrays in the reply are nested too deeply")
)

const maxReplyDepth = 8

// ParseReply reads the first reply in b, a result of Store.Execute, and returns it with the rest of b.
// The reply points into b.
func ParseReply(b []byte) (r Reply, rest []byte, err error) {
	return parseReply(b, maxReplyDepth)
}

func parseReply(b []byte, depth int) (r Reply, rest []byte, err error) {
	end := bytes.IndexByte(b, '\n')
	if end < 2 || b[end-1] != '\r' {
		return Reply{}, nil, errReplyShort
	}
	line, rest := b[1:end-1], b[end+1:]
	r.Kind = ReplyKind(b[0])
	switch r.Kind {
	case ReplyStatus, ReplyError:
		r.Bytes = line
		return r, rest, nil
	case ReplyInt, ReplyBulk, ReplyArray:
	default:
		return Reply{}, nil, fmt.Errorf("kv: reply starts with %q, expected one of + - : $ *", b[0])
	}
	n, ok := redis.ParseInt(line)
	if !ok {
		return Reply{}, nil, fmt.Errorf("kv: reply has %q, expected an integer", line)
	}
	if r.Kind == ReplyInt {
		r.Int = n
		return r, rest, nil
	}
	if n < 0 {
		r.Null = true
		return r, rest, nil
	}
	if r.Kind == ReplyBulk {
		if int64(len(rest)) < 2 || n > int64(len(rest))-2 {
			return Reply{}, nil, errReplyShort
		}
		r.Bytes = rest[:n:n]
		return r, rest[n+2:], nil
	}
	return parseArray(r, n, rest, depth)
}

func parseArray(r Reply, n int64, rest []byte, depth int) (Reply, []byte, error) {
	const minReply = 3 // the shortest element: kind, "\r\n"
	switch {
	case depth == 0:
		return Reply{}, nil, errReplyDeep
	case n > int64(len(rest)/minReply):
		return Reply{}, nil, errReplyShort
	}
	r.Array = make([]Reply, n)
	for i := range r.Array {
		var err error
		if r.Array[i], rest, err = parseReply(rest, depth-1); err != nil {
			return Reply{}, nil, err
		}
	}
	return r, rest, nil
}
