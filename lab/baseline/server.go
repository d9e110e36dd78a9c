package baseline

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/netordered/nopaxos/internal/replicaloop"
	"github.com/netordered/nopaxos/lab/baseline/node"
	"github.com/netordered/nopaxos/transport"
)

// Server is a replica's process: its core on a socket's event loop.
type Server struct {
	udp        *transport.UDP
	node       *node.Node
	cancel     context.CancelCauseFunc
	background sync.WaitGroup // what the loop started beside itself
}

var _ replicaloop.Process = (*Server)(nil)

// New opens the sockets of a replica. The caller must call Run or Close.
func New(cfg Config) (*Server, error) {
	if cfg.Self < 0 || cfg.Self >= len(cfg.Replicas) {
		return nil, fmt.Errorf("baseline: replica %d, expected 0 to %d", cfg.Self, len(cfg.Replicas)-1)
	}
	core, err := NewCore(cfg)
	if err != nil {
		return nil, err
	}
	mtu := cfg.core().MTU
	self := cfg.Replicas[cfg.Self]
	udp, err := transport.ListenUDP(transport.UDPConfig{Addr: self.Addr.String(), BulkAddr: self.Bulk.String(), MTU: mtu})
	if err != nil {
		return nil, err
	}
	s := &Server{udp: udp, cancel: func(error) {}}
	mesh := replicaloop.Mesh{Network: udp, Peers: cfg.Replicas, Self: cfg.Self, MTU: mtu}
	s.node = node.New(core, mesh, s)
	return s, nil
}

// Close releases the sockets of a server that is not run.
func (s *Server) Close() { s.udp.Close() }

// Run takes part in the group until ctx is done, and then returns nil. Any other error means that the
// replica has stopped for good: it found its state in contradiction with its protocol. When Run returns
// nothing uses the state machine any more.
func (s *Server) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	s.cancel = cancel
	err := s.udp.Run(ctx, s.node)
	cause := context.Cause(ctx)
	cancel(nil)
	s.background.Wait()
	if err == nil && cause != nil && !errors.Is(cause, context.Canceled) && !errors.Is(cause, context.DeadlineExceeded) {
		err = cause
	}
	return err
}

// Transport returns the counters of the sockets.
func (s *Server) Transport() transport.Stats { return s.udp.Stats() }

// SetDrop makes the replica lose received datagrams at random, each with probability rate: fault
// injection.
func (s *Server) SetDrop(rate float64) { s.udp.SetDrop(rate) }

// Aside is for the event loop.
func (s *Server) Aside(work func() func(now time.Duration)) {
	s.background.Go(func() { s.udp.Post(work()) })
}

// Fail is for the event loop.
func (s *Server) Fail(err error) { s.cancel(err) }
