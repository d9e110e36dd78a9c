package resp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/netordered/nopaxos/internal/wait"
)

// Server serves Redis clients.
type Server struct {
	config   Config
	listener net.Listener
	ctx      context.Context // done after Close
	cancel   context.CancelFunc
	started  time.Time
	stats    stats
	budget   budget // of incomplete requests

	mu     sync.Mutex
	conns  map[uint64]*conn
	lastID uint64
	done   sync.WaitGroup // the connections' goroutines
}

// stats are the counters of INFO.
type stats struct {
	connections atomic.Uint64
	rejected    atomic.Uint64
	commands    atomic.Uint64
	operations  atomic.Uint64
	evicted     atomic.Uint64 // connections closed for lack of room for their requests
}

// NewServer checks the configuration and listens. Serve serves the clients.
func NewServer(config Config) (*Server, error) {
	config, err := config.withDefaults()
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", config.Addr)
	if err != nil {
		return nil, fmt.Errorf("resp: %w", err)
	}
	if tcp, ok := listener.Addr().(*net.TCPAddr); ok && !tcp.IP.IsLoopback() && config.Password == "" {
		config.Logger.Warn("other machines can reach the key-value store and it requires no password", "address", tcp)
	}
	if config.TLS != nil {
		listener = tls.NewListener(listener, config.TLS)
	}
	s := &Server{config: config, listener: listener, started: time.Now(), conns: make(map[uint64]*conn)}
	s.budget.limit = int64(config.MaxRequests)
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s, nil
}

// Addr returns the address that the server listens on.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// Connections returns the number of open connections.
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
		case err != nil: // out of descriptors, or the connection was aborted before
			pause = min(max(2*pause, time.Millisecond), longestPause)
			s.config.Logger.Warn("accepting a connection failed", "error", err, "pause", pause)
			_ = wait.For(s.ctx, pause) // the next turn checks s.ctx
			continue
		}
		pause = 0
		s.accept(nc)
	}
}

// accept serves a connection on a new goroutine, or refuses it.
func (s *Server) accept(nc net.Conn) {
	c := s.admit(nc)
	if c == nil {
		s.stats.rejected.Add(1)
		_ = nc.SetDeadline(time.Now().Add(time.Millisecond)) // the error fits the socket's buffer or is lost
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

// admit registers a connection. It returns nil if there are too many or the server is closed.
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

// Close stops listening, abandons operations in progress, closes all connections and waits for their
// goroutines.
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
