package baseline

import (
	"context"
	"fmt"

	"github.com/netordered/nopaxos/internal/replicaloop"
	"github.com/netordered/nopaxos/lab/baseline/node"
	"github.com/netordered/nopaxos/transport"
)

// Server is a replica's process: its core on a socket's event loop.
type Server struct {
	sockets *replicaloop.Sockets
	core    node.Core
	node    *node.Node
}

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
	s := replicaloop.NewSockets(udp)
	mesh := replicaloop.Mesh{Network: udp, Peers: cfg.Replicas, Self: cfg.Self, MTU: mtu}
	return &Server{sockets: s, core: core, node: node.New(core, mesh, s)}, nil
}

// Close releases the sockets of a server that is not run.
func (s *Server) Close() { s.sockets.Close() }

// Run takes part in the group until ctx is done, and then returns nil. Any other error means that the replica has
// stopped for good, because its state contradicts its protocol. After Run returns nothing uses the state machine.
func (s *Server) Run(ctx context.Context) error { return s.sockets.Run(ctx, s.node) }

// Transport returns the counters of the sockets.
func (s *Server) Transport() transport.Stats { return s.sockets.Stats() }
