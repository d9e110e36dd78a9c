package role

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"os"
	"time"

	"github.com/netordered/nopaxos/cluster"
	"github.com/netordered/nopaxos/kv"
	"github.com/netordered/nopaxos/lab/baseline"
	"github.com/netordered/nopaxos/monotime"
	"github.com/netordered/nopaxos/replica"
	"github.com/netordered/nopaxos/replica/server"
	"github.com/netordered/nopaxos/replica/wire"
	"github.com/netordered/nopaxos/transport"
)

// Build creates the role that a Spec describes.
func Build(s *Spec) (Part, error) {
	transport.SetBatch(s.Datagrams)
	switch s.Kind {
	case KindServer:
		return newServer(s)
	case KindSequencer:
		return newSequencer(s)
	case KindClient:
		return newClient(s)
	case KindEcho, KindSink:
		return newReflector(s)
	}
	return nil, fmt.Errorf("kind of process is %q, expected one of %q", s.Kind,
		[]string{KindServer, KindSequencer, KindClient, KindEcho, KindSink})
}

// NewMachine creates the state machine of a server.
func NewMachine(name string) (replica.StateMachine, error) {
	switch name {
	case MachineEcho:
		return echoMachine{}, nil
	case MachineKV:
		return kv.New(), nil
	}
	return nil, fmt.Errorf("state machine is %q, expected %q or %q", name, MachineEcho, MachineKV)
}

// newServer creates a replica of NOPaxos or of a system of package baseline.
func newServer(s *Spec) (Part, error) {
	machine, err := NewMachine(s.Machine)
	if err != nil {
		return nil, err
	}
	if s.System == SystemNOPaxos {
		return newReplica(s, machine)
	}
	system, err := baseline.ParseSystem(s.System)
	if err != nil {
		return nil, err
	}
	keys, err := wire.DeriveKeys(s.Key)
	if err != nil {
		return nil, err
	}
	cfg := baseline.Config{System: system, Self: s.Index, Replicas: s.Peers(), Keys: keys, StateMachine: machine, Batch: s.Batch}
	cfg.Core.MTU, cfg.Core.Timing = s.MTU, s.Timing()
	return baseline.New(cfg)
}

// newReplica creates a NOPaxos replica of a new group.
func newReplica(s *Spec, machine replica.StateMachine) (Part, error) {
	cfg, err := replicaConfig(s, machine)
	if err != nil {
		return nil, err
	}
	cfg.Logger = slog.New(slog.NewTextHandler(os.Stderr, nil)).With("replica", s.Index)
	if err := server.Bootstrap(cfg.Dir, cfg.Owner()); err != nil {
		return nil, err
	}
	return server.New(cfg)
}

// replicaConfig configures a replica from the cluster file. Without one there is no controller, and the replica has the
// default limits.
func replicaConfig(s *Spec, machine replica.StateMachine) (server.Config, error) {
	if s.Cluster == "" {
		keys, err := wire.DeriveKeys(s.Key)
		return server.Config{
			Group: s.Group, Self: s.Index, Replicas: s.Peers(), Keys: keys, StateMachine: machine, Dir: s.Dir, MTU: s.MTU,
			Timing: s.Timing(),
		}, err
	}
	f, err := cluster.Load(s.Cluster)
	if err != nil {
		return server.Config{}, err
	}
	return server.FromFile(f, "", s.Index, machine)
}

// echoMachine is a state machine that does no work, so that measurements show replication alone.
type echoMachine struct{}

func (echoMachine) Execute(_, _ uint64, op, result []byte) []byte { return append(result, op...) }
func (echoMachine) Snapshot() (io.WriterTo, error)                { return echoMachine{}, nil }
func (echoMachine) WriteTo(io.Writer) (int64, error)              { return 0, nil }
func (echoMachine) Restore(io.Reader) error                       { return nil }
func (echoMachine) Undo(uint64)                                   {}
func (echoMachine) Release(uint64)                                {}

// loop is a Part with a handler and a socket.
type loop struct {
	*transport.UDP
	handler transport.Handler
}

func (l loop) Run(ctx context.Context) error { return l.UDP.Run(ctx, l.handler) }

func (l loop) Transport() transport.Stats { return l.Stats() }

// newReflector creates a bare echo server or a sink.
func newReflector(s *Spec) (Part, error) {
	udp, err := transport.ListenUDP(transport.UDPConfig{Addr: s.Listen.String(), MTU: s.MTU})
	if err != nil {
		return nil, err
	}
	if s.Kind == KindSink {
		return loop{udp, sink{}}, nil
	}
	return loop{udp, echo{network: udp}}, nil
}

// sink is a handler that ignores datagrams.
type sink struct{}

func (sink) Datagram(time.Duration, netip.AddrPort, []byte) {}
func (sink) Bulk(time.Duration, []byte)                     {}
func (sink) Tick(time.Duration)                             {}
func (sink) Deadline() time.Duration                        { return monotime.Never }
func (sink) Flush(time.Duration)                            {}

// echo is a handler that returns every datagram, to measure the cost of sockets alone.
type echo struct {
	sink
	network transport.Network
}

func (e echo) Datagram(_ time.Duration, from netip.AddrPort, b []byte) { e.network.Send(from, b) }
