package resp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// Invoker has operations of package kv executed, replicated or not. It is called by many goroutines
// at a time.
type Invoker interface {
	// Invoke executes op, which is valid during the call, and returns its result. An error that is
	// client.ErrOutcomeUnknown, or a bare error of ctx, says that op may or may not have been
	// executed; other errors say themselves what became of it.
	Invoke(ctx context.Context, op []byte) ([]byte, error)
}

// Field is a line of INFO.
type Field struct{ Name, Value string }

// Config is what a Server is told. Only Invoker is needed.
type Config struct {
	Addr     string        // TCP address to listen on; default 127.0.0.1:6379
	Invoker  Invoker       // where commands are executed
	Password string        // what AUTH must give; "": none is needed
	TLS      *tls.Config   // nil: plain TCP
	MaxOp    int           // longest operation in bytes; default 1200, what fits a datagram of 1400
	MaxConns int           // connections at a time; default 10,000
	Timeout  time.Duration // for an operation, before its outcome counts as unknown; default 5 s
	// WriteTimeout bounds how long a client may take to read 64 KiB of replies; default 30 s. The
	// connection of one that takes longer is cut.
	WriteTimeout time.Duration
	// MaxRequests bounds, in bytes, what all connections together hold of requests that have not
	// arrived as a whole, beyond 16 KiB each; default 256 MiB. The connection whose request does not
	// fit is cut.
	MaxRequests int
	Logger      *slog.Logger // default slog.Default()
	Version     string       // of the program, for INFO

	// Replication has the lines of INFO's section of that name; nil: no such section.
	Replication func() []Field
}

const (
	defaultAddr     = "127.0.0.1:6379"
	defaultMaxOp    = 1200
	defaultMaxConns = 10_000
	defaultTimeout  = 5 * time.Second
	minMaxOp        = 16

	defaultWriteTimeout = 30 * time.Second
	defaultMaxRequests  = 256 << 20
)

// Server serves Redis clients.
type Server struct {
	config   Config
	listener net.Listener
	ctx      context.Context // ends with Close
	cancel   context.CancelFunc
	started  time.Time
	stats    stats
	budget   budget // of requests being read

	mu     sync.Mutex
	conns  map[uint64]*conn
	lastID uint64
	done   sync.WaitGroup // the connections' goroutines
}

// stats is what INFO counts.
type stats struct {
	connections atomic.Uint64
	rejected    atomic.Uint64
	commands    atomic.Uint64
	operations  atomic.Uint64
	evicted     atomic.Uint64 // connections cut because there was no room for their requests
}

// NewServer checks the configuration and listens. Clients are served once Serve is called.
func NewServer(config Config) (*Server, error) {
	if config.Invoker == nil {
		return nil, errors.New("resp: Config.Invoker is nil, expected what executes the commands")
	}
	if config.Addr == "" {
		config.Addr = defaultAddr
	}
	if config.MaxOp == 0 {
		config.MaxOp = defaultMaxOp
	}
	if config.MaxConns == 0 {
		config.MaxConns = defaultMaxConns
	}
	if config.Timeout == 0 {
		config.Timeout = defaultTimeout
	}
	if config.WriteTimeout == 0 {
		config.WriteTimeout = defaultWriteTimeout
	}
	if config.MaxRequests == 0 {
		config.MaxRequests = defaultMaxRequests
	}
	if config.Logger == nil {
		config.Logger = slog.Default()
	}
	switch {
	case config.MaxOp < minMaxOp:
		return nil, fmt.Errorf("resp: Config.MaxOp is %d bytes, expected at least %d", config.MaxOp, minMaxOp)
	case config.MaxConns < 0:
		return nil, fmt.Errorf("resp: Config.MaxConns is %d, expected a positive number", config.MaxConns)
	case config.Timeout < 0:
		return nil, fmt.Errorf("resp: Config.Timeout is %v, expected a positive duration", config.Timeout)
	case config.WriteTimeout < 0:
		return nil, fmt.Errorf("resp: Config.WriteTimeout is %v, expected a positive duration", config.WriteTimeout)
	case config.MaxRequests < 0:
		return nil, fmt.Errorf("resp: Config.MaxRequests is %d bytes, expected a positive number", config.MaxRequests)
	}
	listener, err := net.Listen("tcp", config.Addr)
	if err != nil {
		return nil, fmt.Errorf("resp: %w", err)
	}
	if tcp, ok := listener.Addr().(*net.TCPAddr); ok && !tcp.IP.IsLoopback() && config.Password == "" {
		config.Logger.Warn("other machines can reach the key-value store and it asks for no password", "address", tcp)
	}
	if config.TLS != nil {
		listener = tls.NewListener(listener, config.TLS)
	}
	s := &Server{config: config, listener: listener, started: time.Now(), conns: make(map[uint64]*conn)}
	s.budget.limit = int64(config.MaxRequests)
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s, nil
}

// Addr is the address that the server listens on.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// Connections is the number of connections that are open.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns)
}

// Serve accepts connections until Close, which makes it return nil.
func (s *Server) Serve() error {
	const longestPause = time.Second
	pause := time.Duration(0)
	for {
		nc, err := s.listener.Accept()
		switch {
		case s.ctx.Err() != nil:
			if err == nil {
				_ = nc.Close()
			}
			return nil
		case errors.Is(err, net.ErrClosed):
			return fmt.Errorf("resp: %w", err)
		case err != nil: // out of descriptors, or a connection that was gone before it was accepted
			pause = min(max(2*pause, time.Millisecond), longestPause)
			s.config.Logger.Warn("accepting a connection failed", "error", err, "pause", pause)
			select {
			case <-time.After(pause):
			case <-s.ctx.Done():
			}
			continue
		}
		pause = 0
		s.accept(nc)
	}
}

// accept serves a connection on a goroutine of its own, or refuses it.
func (s *Server) accept(nc net.Conn) {
	c := s.admit(nc)
	if c == nil {
		s.stats.rejected.Add(1)
		_ = nc.SetDeadline(time.Now().Add(time.Millisecond)) // it fits the socket's buffer or is lost
		_, _ = nc.Write([]byte("-ERR max number of clients reached\r\n"))
		_ = nc.Close()
		return
	}
	s.stats.connections.Add(1)
	go func() {
		defer s.done.Done()
		c.serve()
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.conns, c.id)
	}()
}

// admit makes a connection one of the server's; nil if there are too many or it is closed.
func (s *Server) admit(nc net.Conn) *conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ctx.Err() != nil || len(s.conns) >= s.config.MaxConns {
		return nil
	}
	s.lastID++
	c := newConn(s, nc, s.lastID)
	s.conns[c.id] = c
	s.done.Add(1)
	return c
}

// Close stops listening, cuts all connections and waits for their goroutines. Operations that are
// being executed are given up.
func (s *Server) Close() error {
	s.cancel()
	err := s.listener.Close()
	s.mu.Lock()
	for _, c := range s.conns {
		_ = c.nc.Close()
	}
	s.mu.Unlock()
	s.done.Wait()
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}
