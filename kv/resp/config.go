package resp

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"

	"github.com/netordered/nopaxos/cluster/limits"
	"github.com/netordered/nopaxos/internal/defaults"
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
	Addr     string       // TCP address to listen on; default 127.0.0.1:6379
	Invoker  Invoker      // executes the commands
	Password string       // required by AUTH; "": no authentication
	TLS      *tls.Config  // nil: plain TCP
	MaxOp    int          // longest operation in bytes; default 1200, which fits a datagram of 1400
	Logger   *slog.Logger // default slog.Default()
	Version  string       // of the program, for INFO

	limits.FrontEnd

	// Replication returns the lines of INFO's section of that name; nil: no such section.
	Replication func() []Field
}

const minMaxOp = 16

func (c Config) withDefaults() (Config, error) {
	c.Addr = cmp.Or(c.Addr, "127.0.0.1:6379")
	c.MaxOp = cmp.Or(c.MaxOp, 1200)
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	switch {
	case c.Invoker == nil:
		return c, errors.New("resp: Config.Invoker is nil, expected one that executes the commands")
	case c.MaxOp < minMaxOp:
		return c, fmt.Errorf("resp: Config.MaxOp is %d bytes, expected at least %d", c.MaxOp, minMaxOp)
	}
	if err := defaults.Apply(&c.FrontEnd); err != nil {
		return c, fmt.Errorf("resp: Config.%w", err)
	}
	return c, nil
}
