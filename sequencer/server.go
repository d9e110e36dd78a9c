package sequencer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	p4v1 "github.com/p4lang/p4runtime/go/p4/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/status"
)

// apiVersion is the version of the P4Runtime API that the server implements.
const apiVersion = "1.3.0"

// Keepalive ends the primacy of a controller whose host vanished. keepaliveMinimum lets controllers
// probe at the shortest interval that gRPC clients use, 10 seconds.
const (
	keepaliveInterval = 10 * time.Second
	keepaliveTimeout  = 5 * time.Second
	keepaliveMinimum  = 5 * time.Second
)

// Config configures a Server.
type Config struct {
	DeviceID  uint64       // P4Runtime device id
	Logger    *slog.Logger // nil: slog.Default()
	DataPlane DataPlane    // applies the entries
}

// Server is a P4Runtime target.
type Server struct {
	p4v1.UnimplementedP4RuntimeServer

	deviceID uint64
	log      *slog.Logger
	plane    DataPlane
	contract *contract
	grpc     *grpc.Server
	stopping chan struct{}
	stop     sync.Once

	// mu serializes state changes: a Write completes before an arbitration update takes effect, and a
	// Read sees all of a Write or nothing.
	mu      sync.RWMutex
	arbiter *arbiter
	config  *p4v1.ForwardingPipelineConfig // committed; nil: none
	running *store                         // entries of config
	saved   *savedPipeline                 // of VERIFY_AND_SAVE, until COMMIT

	// primary mirrors arbiter.primary for packetIn, which runs on the data plane's thread and must
	// not wait for a Write.
	primary atomic.Pointer[controller]

	packetIns        atomic.Uint64
	packetInsDropped atomic.Uint64
	packetOuts       atomic.Uint64
	updates          atomic.Uint64
	updatesRefused   atomic.Uint64
}

// NewServer returns a server without a pipeline.
func NewServer(cfg Config) (*Server, error) {
	if cfg.DataPlane == nil {
		return nil, errors.New("sequencer: Config.DataPlane is nil")
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	c, err := newContract()
	if err != nil {
		return nil, err
	}
	server := grpc.NewServer(
		grpc.KeepaliveParams(keepalive.ServerParameters{Time: keepaliveInterval, Timeout: keepaliveTimeout}),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: keepaliveMinimum, PermitWithoutStream: true}),
	)
	s := &Server{
		deviceID: cfg.DeviceID,
		log:      cfg.Logger,
		plane:    cfg.DataPlane,
		contract: c,
		grpc:     server,
		stopping: make(chan struct{}),
		arbiter:  newArbiter(cfg.DeviceID),
	}
	s.plane.HandlePacketIn(s.packetIn)
	p4v1.RegisterP4RuntimeServer(s.grpc, s)
	return s, nil
}

// Serve handles requests on l until Stop, then returns nil.
func (s *Server) Serve(l net.Listener) error {
	if err := s.grpc.Serve(l); err != nil && !errors.Is(err, grpc.ErrServerStopped) {
		return fmt.Errorf("sequencer: serve P4Runtime on %s: %w", l.Addr(), err)
	}
	return nil
}

// Stop ends all streams and requests and closes the listeners. The data plane keeps running.
func (s *Server) Stop() {
	s.stop.Do(func() { close(s.stopping) })
	s.grpc.Stop()
}

// Capabilities returns the version of the API.
func (s *Server) Capabilities(context.Context, *p4v1.CapabilitiesRequest) (*p4v1.CapabilitiesResponse, error) {
	return &p4v1.CapabilitiesResponse{P4RuntimeApiVersion: apiVersion}, nil
}

// Stats are the server's counters and state, for metrics and status.
type Stats struct {
	Pipeline         bool // a pipeline is committed
	Controllers      int
	Primary          bool      // a controller is primary
	ElectionID       [2]uint64 // highest seen: high, low
	Entries          int       // table entries of the committed pipeline
	MulticastGroups  int
	Updates          uint64 // applied updates of Write requests
	UpdatesRefused   uint64
	PacketOuts       uint64
	PacketIns        uint64 // queued for the primary
	PacketInsDropped uint64 // without a primary, or with a full queue
}

// Stats returns a snapshot.
func (s *Server) Stats() Stats {
	s.mu.RLock()
	defer s.mu.RUnlock()
	st := Stats{
		Pipeline:         s.config != nil,
		Controllers:      len(s.arbiter.controllers),
		Primary:          s.arbiter.primary != nil,
		ElectionID:       [2]uint64{s.arbiter.highest.high, s.arbiter.highest.low},
		Updates:          s.updates.Load(),
		UpdatesRefused:   s.updatesRefused.Load(),
		PacketOuts:       s.packetOuts.Load(),
		PacketIns:        s.packetIns.Load(),
		PacketInsDropped: s.packetInsDropped.Load(),
	}
	if s.running != nil {
		st.Entries = len(s.running.entries)
		st.MulticastGroups = len(s.running.groups)
	}
	return st
}

func (s *Server) arbitrate(c *controller, u *p4v1.MasterArbitrationUpdate) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.arbiter.primary
	err := s.arbiter.update(c, u)
	s.primary.Store(s.arbiter.primary)
	if err != nil {
		s.log.Warn("arbitration update refused", "error", err)
	} else if now := s.arbiter.primary; now != before {
		s.log.Info("primary controller changed", "primary", now != nil,
			"election_high", s.arbiter.highest.high, "election_low", s.arbiter.highest.low)
	}
	return err
}

func (s *Server) leave(c *controller) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.arbiter.primary == c {
		s.log.Info("primary controller left", "election_high", c.election.high, "election_low", c.election.low)
	}
	s.arbiter.leave(c)
	s.primary.Store(s.arbiter.primary)
}

// packetOut passes a packet of the primary controller to the data plane.
func (s *Server) packetOut(c *controller, p *p4v1.PacketOut) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.arbiter.primary != c {
		return status.Error(codes.PermissionDenied, "packet-out: this controller is not primary")
	}
	if s.config == nil {
		return status.Error(codes.FailedPrecondition, "packet-out: no pipeline is committed")
	}
	port, err := s.contract.egressPort(p)
	if err != nil {
		return err
	}
	s.packetOuts.Add(1)
	s.plane.PacketOut(port, p.GetPayload())
	return nil
}

// packetIn queues a packet of the data plane for the primary controller.
func (s *Server) packetIn(port uint16, payload []byte) {
	if p := s.primary.Load(); p == nil || !p.offer(encodePacketIn(port, payload)) {
		s.packetInsDropped.Add(1)
		return
	}
	s.packetIns.Add(1)
}
