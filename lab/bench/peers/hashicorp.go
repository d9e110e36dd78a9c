package peers

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"strconv"
	"time"

	"github.com/hashicorp/raft"

	"github.com/netordered/nopaxos/lab/baseline/node"
	"github.com/netordered/nopaxos/lab/bench/role"
	"github.com/netordered/nopaxos/monotime"
	"github.com/netordered/nopaxos/replica/wire"
	"github.com/netordered/nopaxos/transport"
)

// hashicorp is a replica of hashicorp/raft. An event loop receives clients' requests; the library's goroutines do
// everything else.
type hashicorp struct {
	udp      *transport.UDP
	raft     *raft.Raft
	machine  *machine
	requests chan []byte   // to be proposed
	started  chan struct{} // closed when raft is set: the library may apply entries before its constructor returns
}

// The settings of the library's documentation for its transport. All others are defaults.
const (
	connectionsPerPeer = 3
	transportTimeout   = 10 * time.Second
	requestQueue       = 4096
)

func newHashicorp(s *role.Spec) (role.Part, error) {
	m, err := newMachine(s)
	if err != nil {
		return nil, err
	}
	self := s.Replicas[s.Index]
	udp, err := transport.ListenUDP(transport.UDPConfig{Addr: self.UDP.String(), MTU: s.MTU})
	if err != nil {
		return nil, err
	}
	h := &hashicorp{udp: udp, machine: m, requests: make(chan []byte, requestQueue), started: make(chan struct{})}
	if h.raft, err = h.start(s); err != nil {
		udp.Close()
		return nil, fmt.Errorf("hashicorp/raft: %w", err)
	}
	close(h.started)
	return h, nil
}

// start starts a replica of a new group.
func (h *hashicorp) start(s *role.Spec) (*raft.Raft, error) {
	config := raft.DefaultConfig()
	config.LocalID = serverID(s.Index)
	config.LogLevel = "ERROR"
	config.LogOutput = os.Stderr
	config.BatchApplyCh = true
	tcp, err := raft.NewTCPTransport(s.Replicas[s.Index].TCP.String(), nil, connectionsPerPeer, transportTimeout, io.Discard)
	if err != nil {
		return nil, err
	}
	store := raft.NewInmemStore()
	r, err := raft.NewRaft(config, fsm{h}, store, store, raft.NewInmemSnapshotStore(), tcp)
	if err != nil {
		return nil, err
	}
	var members raft.Configuration
	for i, a := range s.Replicas {
		members.Servers = append(members.Servers, raft.Server{ID: serverID(i), Address: raft.ServerAddress(a.TCP.String())})
	}
	return r, r.BootstrapCluster(members).Error()
}

func serverID(i int) raft.ServerID { return raft.ServerID(strconv.Itoa(i)) }

// Run serves clients until ctx is done.
func (h *hashicorp) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go h.propose(ctx)
	err := h.udp.Run(ctx, h)
	return errors.Join(err, h.raft.Shutdown().Error())
}

// propose passes requests to the library, which may block.
func (h *hashicorp) propose(ctx context.Context) {
	for {
		select {
		case data := <-h.requests:
			h.raft.Apply(data, 0) // after a failure the client retransmits
		case <-ctx.Done():
			return
		}
	}
}

func (h *hashicorp) Transport() transport.Stats { return h.udp.Stats() }

// Datagram handles a client's request.
func (h *hashicorp) Datagram(_ time.Duration, _ netip.AddrPort, b []byte) {
	if !wire.IsFrame(b) || h.raft.State() != raft.Leader {
		return // the client retransmits to all replicas
	}
	_, body, ok := node.OpenRequest(&h.machine.keys, b)
	if !ok {
		return
	}
	data := binary.BigEndian.AppendUint64(make([]byte, 0, 8+len(body)), uint64(time.Now().UnixNano()))
	select {
	case h.requests <- append(data, body...):
	default: // the queue is full: the request counts as lost
	}
}

func (h *hashicorp) Bulk(time.Duration, []byte) {}
func (h *hashicorp) Tick(time.Duration)         {}
func (h *hashicorp) Deadline() time.Duration    { return monotime.Never }
func (h *hashicorp) Flush(time.Duration)        {}

// fsm applies entries, on a goroutine of the library.
type fsm struct{ h *hashicorp }

var _ raft.BatchingFSM = fsm{}

// ApplyBatch executes committed entries and sends the replies together.
func (f fsm) ApplyBatch(logs []*raft.Log) []any {
	<-f.h.started
	out := f.h.machine.outbox()
	leads := f.h.raft.State() == raft.Leader
	for _, l := range logs {
		if l.Type == raft.LogCommand && len(l.Data) > 8 {
			f.h.machine.apply(l.Index, l.Term, binary.BigEndian.Uint64(l.Data), l.Data[8:], leads, &out)
		}
	}
	f.h.udp.Post(func(time.Duration) {
		for _, e := range out.Effects() {
			f.h.udp.Send(e.Addr, e.Data)
		}
	})
	return make([]any, len(logs))
}

// Apply executes one entry.
func (f fsm) Apply(l *raft.Log) any { return f.ApplyBatch([]*raft.Log{l})[0] }

// Snapshot captures the client table and the service's state.
func (f fsm) Snapshot() (raft.FSMSnapshot, error) {
	service, err := f.h.machine.service.Snapshot()
	return &snapshot{table: f.h.machine.table.AppendTo(nil), service: service}, err
}

// Restore replaces the state by a persisted one.
func (f fsm) Restore(r io.ReadCloser) error {
	b, err := io.ReadAll(r)
	if err == nil {
		b, err = f.h.machine.table.Parse(b)
	}
	if err == nil {
		err = f.h.machine.service.Restore(bytes.NewReader(b))
	}
	return errors.Join(err, r.Close())
}

// snapshot is a captured state.
type snapshot struct {
	table   []byte
	service io.WriterTo
}

// Persist writes the snapshot.
func (s *snapshot) Persist(sink raft.SnapshotSink) error {
	_, err := sink.Write(s.table)
	if err == nil {
		_, err = s.service.WriteTo(sink)
	}
	if err != nil {
		return errors.Join(err, sink.Cancel())
	}
	return sink.Close()
}

func (s *snapshot) Release() {}
