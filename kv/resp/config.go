package resp

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// Invoker executes operations of package kv, replicated or not. Many goroutines may call it at a time.
type Invoker interface {
	// Invoke executes op, which is valid during the call, and returns its result. After an error that is
	// client.ErrOutcomeUnknown, or a bare error of ctx, op may or may not have been executed. The text of
	// any other error says whether it was.
	Invoke(ctx context.Context, op []byte) ([]byte, error)
}

// Field is a line of INFO.
type Field struct{ Name, Value string }

// Config configures a Server. Only Invoker is required.
type Config struct {
	Addr     string        // TCP address to listen on; default 127.0.0.1:6379
	Invoker  Invoker       // executes the commands
	Password string        // required by AUTH; "": no authentication
	TLS      *tls.Config   // nil: plain TCP
	MaxOp    int           // longest operation in bytes; default 1200, which fits a datagram of 1400
	MaxConns int           // connections at a time; default 10,000
	Timeout  time.Duration // of an operation, after which its outcome counts as unknown; default 5 s
	// WriteTimeout is the time in which a client must read 64 KiB of replies; default 30 s. The server
	// closes the connection of a slower one.
	WriteTimeout time.Duration
	// MaxRequests bounds the bytes of incomplete requests held for all connections together, beyond the
	// 16 KiB of each; default 256 MiB. The server closes the connection whose request exceeds it.
	MaxRequests int
	Logger      *slog.Logger // default slog.Default()
	Version     string       // of the program, for INFO

	// Replication returns the lines of INFO's section of that name; nil: no such section.
	Replication func() []Field
}

const minMaxOp = 16

func (c Config) withDefaults() (Config, error) {
	c.Addr = cmp.Or(c.Addr, "127.0.0.1:6379")
	c.MaxOp = cmp.Or(c.MaxOp, 1200)
	c.MaxConns = cmp.Or(c.MaxConns, 10_000)
	c.Timeout = cmp.Or(c.Timeout, 5*time.Second)
	c.WriteTimeout = cmp.Or(c.WriteTimeout, 30*time.Second)
	c.MaxRequests = cmp.Or(c.MaxRequests, 256<<20)
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	switch {
	case c.Invoker == nil:
		return c, errors.New("resp: Config.Invoker is nil, expected one that executes the commands")
	case c.MaxOp < minMaxOp:
		return c, fmt.Errorf("resp: Config.MaxOp is %d bytes, expected at least %d", c.MaxOp, minMaxOp)
	case c.MaxConns < 0:
		return c, fmt.Errorf("resp: Config.MaxConns is %d, expected a positive number", c.MaxConns)
	case c.Timeout < 0:
		return c, fmt.Errorf("resp: Config.Timeout is %v, expected a positive duration", c.Timeout)
	case c.WriteTimeout < 0:
		return c, fmt.Errorf("resp: Config.WriteTimeout is %v, expected a positive duration", c.WriteTimeout)
	case c.MaxRequests < 0:
		return c, fmt.Errorf("resp: Config.MaxRequests is %d bytes, expected a positive number", c.MaxRequests)
	}
	return c, nil
}
