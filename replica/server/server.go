package server

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"

	"github.com/netordered/nopaxos/cluster/limits"
	"github.com/netordered/nopaxos/controlplane/api"
	"github.com/netordered/nopaxos/internal/replicaloop"
	"github.com/netordered/nopaxos/replica"
	"github.com/netordered/nopaxos/replica/wire"
	"github.com/netordered/nopaxos/transport"
)

// Config configures a Server.
type Config struct {
	Cluster      string           // name of the cluster, which the record names, too
	Group        uint32           // OUM group number, see oumlib.GroupNumber
	Self         int              // index of this replica in Replicas
	Replicas     []transport.Peer // of the group: 2f+1
	Keys         wire.Keys
	StateMachine replica.StateMachine // must be empty
	Dir          string               // of the replica's record; see Bootstrap

	// Controllers are the gRPC addresses ("host:port") of the controllers. DialOptions are for the connections to them; the
	// default is plain text.
	Controllers []string
	DialOptions []grpc.DialOption

	MTU    int            // largest UDP payload in bytes that the path carries; default transport.DefaultMTU
	Timing limits.Timing  // zero values stand for defaults
	Limits limits.Replica // likewise

	Logger *slog.Logger // nil: slog.Default()
}

// Owner returns the replica as its record names it.
func (cfg Config) Owner() Owner {
	return Owner{Cluster: cfg.Cluster, Group: cfg.Group, Member: cfg.Self}
}

// core returns the configuration of the core.
func (cfg Config) core() replica.Config {
	return replica.Config{
		N: len(cfg.Replicas), Self: cfg.Self, Group: cfg.Group, Keys: cfg.Keys,
		MTU: cmp.Or(cfg.MTU, transport.DefaultMTU), Timing: cfg.Timing, Replica: cfg.Limits,
	}
}

// Server runs a replica. Its methods are safe for concurrent use.
type Server struct {
	cfg      Config
	log      *slog.Logger
	sockets  *replicaloop.Sockets
	loop     *replicaloop.Loop
	reporter *api.Reporter
	status   atomic.Pointer[replica.Status]
	recovers atomic.Int64 // nanoseconds since recovery started; 0: not recovering
	lock     *os.File     // on cfg.Dir
}

// New opens the sockets of a replica. The caller must call Run or Close.
func New(cfg Config) (*Server, error) {
	if cfg.Self < 0 || cfg.Self >= len(cfg.Replicas) {
		return nil, fmt.Errorf("server: replica %d, expected 0 to %d", cfg.Self, len(cfg.Replicas)-1)
	}
	if cfg.StateMachine == nil {
		return nil, errors.New("server: no StateMachine, expected the service to replicate")
	}
	lock, err := lockDir(cfg.Dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) { // loadRecord has the better error for a directory that does not exist
		return nil, fmt.Errorf("server: replica directory: %w", err)
	}
	s, err := open(cfg)
	if err != nil {
		lock.Close()
		return nil, err
	}
	s.lock = lock
	return s, nil
}

// open creates the Server of a locked directory.
func open(cfg Config) (*Server, error) {
	if err := removeUnfinished(cfg.Dir); err != nil {
		return nil, fmt.Errorf("server: replica directory: %w", err)
	}
	record, err := loadRecord(cfg.Dir, cfg.Owner())
	if err != nil {
		return nil, err
	}
	core, err := replica.New(cfg.core(), record, cfg.StateMachine)
	if err != nil {
		return nil, err
	}
	self := cfg.Replicas[cfg.Self]
	udp, err := transport.ListenUDP(transport.UDPConfig{Addr: self.Addr.String(), BulkAddr: self.Bulk.String(), MTU: cfg.core().MTU})
	if err != nil {
		return nil, err
	}
	s := &Server{cfg: cfg, log: cfg.Logger, sockets: replicaloop.NewSockets(udp)}
	if s.log == nil {
		s.log = slog.Default()
	}
	s.reporter = api.NewReporter(cfg.Controllers, cfg.Group, cfg.Self, cfg.DialOptions...)
	mesh := replicaloop.Mesh{Network: udp, Peers: cfg.Replicas, Self: cfg.Self, MTU: udp.MTU()}
	h := host{s.sockets, s}
	s.loop = replicaloop.New(core, cfg.Group, mesh, h)
	h.Publish(core.Status())
	return s, nil
}

// Close releases the sockets and the directory of a Server that was not run.
func (s *Server) Close() {
	s.sockets.Close()
	s.lock.Close()
}

// Run takes part in the group until ctx is done, and then returns nil. An error means that the replica has stopped for good: its
// state or record contradicts the protocol, or it cannot make a promise durable. After Run has returned, nothing uses the state
// machine, and a WriteTo of its snapshot or Load that has not ended sees an error and must return.
func (s *Server) Run(ctx context.Context) error {
	defer s.lock.Close()
	return s.sockets.Run(ctx, s.loop, s.watch, s.report, s.observe)
}

// report sends the controller reports of the sequencer's failure.
func (s *Server) report(ctx context.Context) {
	if err := s.reporter.Run(ctx); err != nil && ctx.Err() == nil {
		s.log.Error("cannot report the sequencer's failure", "error", err)
	}
}

// watch follows the route to the group's sequencer.
func (s *Server) watch(ctx context.Context) {
	if len(s.cfg.Controllers) == 0 {
		return
	}
	err := api.Watch(ctx, s.cfg.Controllers, s.cfg.Group, func(r api.Route) {
		s.sockets.Post(func(now time.Duration) { s.loop.Route(now, r.Session, r.Sequencer) })
	}, s.cfg.DialOptions...)
	if err != nil && ctx.Err() == nil {
		s.log.Error("no controller knows the group", "group", s.cfg.Group, "error", err)
	}
}

// observe logs changes of the replica's view and status, recovery that takes long, and stalls.
func (s *Server) observe(ctx context.Context) {
	tick := time.NewTicker(replicaloop.PublishInterval)
	defer tick.Stop()
	recovery := recoveryWatch{log: s.log, n: len(s.cfg.Replicas)}
	stalls := stallWatch{log: s.log}
	var last replica.Status
	for {
		now := s.Status()
		if now.View != last.View || now.Phase != last.Phase {
			s.log.Info("replica", "view", now.View.String(), "status", now.Phase, "leader", now.Leader,
				"log_end", now.LogEnd, "sync_point", now.SyncPoint)
			last = now
		}
		s.recovers.Store(int64(recovery.observe(time.Now(), now)))
		stalls.observe(time.Now(), &now)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Status returns the replica's status, which is at most 50 ms old.
func (s *Server) Status() replica.Status { return *s.status.Load() }

// Recovering returns the time since the replica restarted and began to fetch its state from the others; 0 if it is not
// recovering.
func (s *Server) Recovering() time.Duration { return time.Duration(s.recovers.Load()) }

// Transport returns the counters of the sockets.
func (s *Server) Transport() transport.Stats { return s.sockets.Stats() }
