package peers

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"log"
	"net/netip"
	"time"

	"go.etcd.io/raft/v3"
	"go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/proto"

	"github.com/netordered/nopaxos/lab/baseline/node"
	"github.com/netordered/nopaxos/lab/bench/role"
	"github.com/netordered/nopaxos/replica/wire"
	"github.com/netordered/nopaxos/transport"
)

// etcd is a replica of etcd-io/raft on one event loop.
type etcd struct {
	udp     *transport.UDP
	raft    *raft.RawNode
	storage *raft.MemoryStorage
	machine *machine
	out     node.Outbox
	peers   []role.Address
	self    int
	mtu     int

	proposals []*raftpb.Entry // of this batch
	size      int             // bytes of them
	tick      time.Duration   // next
	applied   uint64
	compacted uint64
	leads     bool
	term      uint64
	frame     []byte
}

// The settings that etcd recommends: a heartbeat every 100 ms, an election after ten ticks without one.
const (
	tickInterval   = 100 * time.Millisecond
	electionTicks  = 10
	heartbeatTicks = 1
	maxInflight    = 256
)

// raftMagic starts the datagrams among replicas and distinguishes them from client frames.
const raftMagic = 0x4552 // "ER"

// Upper bounds of the bytes that a message adds to each entry, and in total.
const entryOverhead, messageOverhead = 24, 64

func newEtcd(s *role.Spec) (role.Part, error) {
	m, err := newMachine(s)
	if err != nil {
		return nil, err
	}
	storage := raft.NewMemoryStorage()
	config := &raft.Config{
		ID: uint64(s.Index + 1), ElectionTick: electionTicks, HeartbeatTick: heartbeatTicks, Storage: storage,
		MaxSizePerMsg: uint64(s.MTU - messageOverhead), MaxInflightMsgs: maxInflight, CheckQuorum: true, PreVote: true,
		Logger: &raft.DefaultLogger{Logger: log.New(io.Discard, "", 0)}, // panics keep their message
	}
	voters := make([]uint64, len(s.Replicas))
	for i := range voters {
		voters[i] = uint64(i + 1)
	}
	first := &raftpb.Snapshot{Metadata: &raftpb.SnapshotMetadata{
		Index: proto.Uint64(1), Term: proto.Uint64(1), ConfState: &raftpb.ConfState{Voters: voters},
	}}
	if err := storage.ApplySnapshot(first); err != nil {
		return nil, fmt.Errorf("etcd-io/raft: %w", err)
	}
	config.Applied = 1
	n, err := raft.NewRawNode(config)
	if err != nil {
		return nil, fmt.Errorf("etcd-io/raft: %w", err)
	}
	self := s.Replicas[s.Index]
	udp, err := transport.ListenUDP(transport.UDPConfig{Addr: self.UDP.String(), BulkAddr: self.TCP.String(), MTU: s.MTU})
	if err != nil {
		return nil, err
	}
	return &etcd{
		udp: udp, raft: n, storage: storage, machine: m, out: m.outbox(), peers: s.Replicas, self: s.Index, mtu: s.MTU, applied: 1,
	}, nil
}

func (e *etcd) Run(ctx context.Context) error { return e.udp.Run(ctx, e) }

func (e *etcd) Transport() transport.Stats { return e.udp.Stats() }

// Datagram handles a client's request or another replica's message.
func (e *etcd) Datagram(_ time.Duration, _ netip.AddrPort, b []byte) {
	if wire.IsFrame(b) {
		e.request(b)
		return
	}
	e.message(b)
}

// Bulk handles a message that exceeds a datagram.
func (e *etcd) Bulk(_ time.Duration, b []byte) { e.message(b) }

// message handles another replica's message, if it is authentic.
func (e *etcd) message(b []byte) {
	if len(b) < 2 || binary.BigEndian.Uint16(b) != raftMagic {
		return
	}
	body, ok := e.machine.keys.Replica.Open(b)
	if !ok {
		return
	}
	var m raftpb.Message
	if proto.Unmarshal(body[2:], &m) == nil {
		_ = e.raft.Step(&m) // a rejected message counts as lost
	}
}

// request adds a request to the proposals of the batch, which share a message as far as they fit.
func (e *etcd) request(frame []byte) {
	if !e.leads {
		return // the client retransmits to all replicas
	}
	_, body, ok := node.OpenRequest(&e.machine.keys, frame)
	if !ok {
		return
	}
	data := binary.BigEndian.AppendUint64(make([]byte, 0, 8+len(body)), uint64(time.Now().UnixNano()))
	data = append(data, body...)
	if e.size+len(data)+entryOverhead > e.mtu-messageOverhead {
		e.propose()
	}
	e.proposals = append(e.proposals, &raftpb.Entry{Data: data})
	e.size += len(data) + entryOverhead
}

func (e *etcd) propose() {
	if len(e.proposals) == 0 {
		return
	}
	m := &raftpb.Message{Type: raftpb.MsgProp.Enum(), From: proto.Uint64(uint64(e.self + 1)), Entries: e.proposals}
	_ = e.raft.Step(m) // rejected: the clients retransmit
	e.proposals, e.size = nil, 0
}

// Tick advances Raft's clock. In a new group the first replica campaigns without waiting for a time-out.
func (e *etcd) Tick(now time.Duration) {
	e.tick = now + tickInterval
	e.raft.Tick()
	if e.self == 0 && e.raft.BasicStatus().Lead == raft.None {
		_ = e.raft.Campaign()
	}
}

// Deadline returns the time of the next tick of Raft's clock.
func (e *etcd) Deadline() time.Duration { return e.tick }

// Flush proposes the batch and carries out Raft's effects.
func (e *etcd) Flush(time.Duration) {
	e.propose()
	for e.raft.HasReady() {
		e.ready(e.raft.Ready())
	}
	for _, effect := range e.out.Effects() {
		e.udp.Send(effect.Addr, effect.Data)
	}
	e.out.Clear()
}

// ready stores, sends and applies, in the order that Raft requires.
func (e *etcd) ready(r raft.Ready) {
	if r.SoftState != nil {
		e.leads = r.RaftState == raft.StateLeader
	}
	if r.HardState != nil && !raft.IsEmptyHardState(r.HardState) {
		e.term = r.HardState.GetTerm()
		_ = e.storage.SetHardState(r.HardState) // in memory: no error
	}
	_ = e.storage.Append(r.Entries) // in memory: no error
	for _, m := range r.Messages {
		e.send(m)
	}
	for _, entry := range r.CommittedEntries {
		e.applied = entry.GetIndex()
		if data := entry.GetData(); entry.GetType() == raftpb.EntryNormal && len(data) > 8 {
			e.machine.apply(entry.GetIndex(), e.term, binary.BigEndian.Uint64(data), data[8:], e.leads, &e.out)
		}
	}
	e.compact()
	e.raft.Advance(r)
}

// send sends a message, over the bulk channel if it exceeds a datagram.
func (e *etcd) send(m *raftpb.Message) {
	to := int(m.GetTo()) - 1
	if to < 0 || to >= len(e.peers) {
		return
	}
	b := binary.BigEndian.AppendUint16(e.frame[:0], raftMagic)
	b, err := proto.MarshalOptions{}.MarshalAppend(b, m)
	if err != nil {
		return
	}
	e.frame = e.machine.keys.Replica.Seal(b, 0)
	if len(e.frame) <= e.mtu {
		e.udp.Send(e.peers[to].UDP, e.frame)
		return
	}
	e.udp.SendBulk(e.peers[to].TCP, append([]byte(nil), e.frame...))
}

// The log is compacted every compactEvery entries and keeps keepEntries applied ones.
const keepEntries, compactEvery = 1 << 14, 1 << 14

func (e *etcd) compact() {
	if e.applied < e.compacted+keepEntries+compactEvery {
		return
	}
	e.compacted = e.applied - keepEntries
	_ = e.storage.Compact(e.compacted) // in range: no error
}
