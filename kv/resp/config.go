package resp

import (
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
	Addr     string       `default:"127.0.0.1:6379"` // TCP address to listen on
	Invoker  Invoker      // executes the commands
	Password string       // required by AUTH; "": no authentication
	TLS      *tls.Config  // nil: plain TCP
	MaxOp    int          `default:"1200" min:"16"` // longest operation in bytes; the default fits a datagram of 1400
	Logger   *slog.Logger // default slog.Default()
	Version  string       // of the program, for INFO

	limits.FrontEnd

	// Replication returns more lines of INFO's section of that name; nil: none.
	Replication func() []Field
}

func (c Config) withDefaults() (Config, error) {
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.Invoker == nil {
		return c, errors.New("resp: Config.Invoker is nil, expected one that executes the commands")
	}
	if err := defaults.Apply(&c); err != nil {
		return c, fmt.Errorf("resp: Config.%w", err)
	}
	return c, nil
}
