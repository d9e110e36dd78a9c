package baselines

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"time"

	"github.com/netordered/nopaxos/cluster/limits"
	"github.com/netordered/nopaxos/internal/clientcore"
	"github.com/netordered/nopaxos/internal/replicaloop"
	"github.com/netordered/nopaxos/lab/baseline"
	"github.com/netordered/nopaxos/lab/baseline/node"
	"github.com/netordered/nopaxos/lab/baseline/vr"
	"github.com/netordered/nopaxos/lab/sim/registers"
	"github.com/netordered/nopaxos/monotime"
	"github.com/netordered/nopaxos/oumlib"
	"github.com/netordered/nopaxos/replica"
	"github.com/netordered/nopaxos/replica/wire"
	"github.com/netordered/nopaxos/transport"
	"github.com/netordered/nopaxos/transport/virtual"
)

const (
	loadFor  = 600 * time.Millisecond // duration of load and faults
	patience = 4 * time.Second        // for the rest
)

// world is a cluster with its clients and faults.
type world struct {
	system   baseline.System
	seed     uint64
	network  *virtual.Network
	keys     wire.Keys
	rule     clientcore.Rule
	peers    []transport.Peer
	replicas []*member
	clients  []*caller
	history  registers.History
	links    links
	undo     bool // the state machine supports Undo
	relayed  bool // clients send through the relay
	err      error

	outstanding int
	think       time.Duration
	lives       uint64
}

// member is one life of a replica.
type member struct {
	w       *world
	self    int
	node    *virtual.Node
	core    node.Core
	machine *registers.Machine
	dead    bool
	asleep  bool
}

var _ replicaloop.Process = (*member)(nil)

// Aside runs work at once: virtual time has no concurrency.
func (m *member) Aside(work func() func(now time.Duration)) { m.node.Post(work()) }

// Fail ends the run.
func (m *member) Fail(err error) { m.w.fail(err) }

var relayAddr = address(3, 0)

// relay is a sequencer that stamps nothing. It forwards datagrams to all replicas, in one order.
type relay struct {
	w       *world
	network transport.Network
}

func (r *relay) Datagram(_ time.Duration, _ netip.AddrPort, b []byte) {
	for _, p := range r.w.peers {
		r.network.Send(p.Addr, b)
	}
}
func (r *relay) Bulk(time.Duration, []byte) {}
func (r *relay) Tick(time.Duration)         {}
func (r *relay) Deadline() time.Duration    { return monotime.Never }
func (r *relay) Flush(time.Duration)        {}

func replicaAddr(i int) netip.AddrPort { return address(1, i) }
func clientAddr(i int) netip.AddrPort  { return address(2, i) }

func address(net byte, i int) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, net, byte(1 + i)}), 7000)
}

// stream returns an independent stream of random numbers for one purpose.
func (w *world) stream(purpose uint64) *rand.Rand { return rand.New(rand.NewPCG(w.seed, purpose)) }

func newWorld(system baseline.System, seed uint64) (*world, error) {
	w := &world{system: system, seed: seed}
	var err error
	if w.keys, err = wire.DeriveKeys([]byte("the simulator's cluster key")); err != nil {
		return nil, err
	}
	shape := w.stream(1)
	n := 1
	if system != baseline.Unreplicated {
		n = 3 + 2*shape.IntN(2)
	}
	w.rule = system.Rule(n)
	w.undo = shape.IntN(2) == 0
	w.outstanding = 1 + shape.IntN(16)
	w.think = time.Duration(1+shape.IntN(8)) * time.Millisecond
	w.links = newLinks(w.stream(2))
	w.network = virtual.New(w.links.datagram, w.links.bulk)
	for i := range n {
		w.peers = append(w.peers, transport.Peer{Addr: replicaAddr(i), Bulk: replicaAddr(i)})
	}
	if w.relayed = system.Multicast() && shape.IntN(2) == 0; w.relayed {
		at := w.network.Attach(relayAddr)
		at.Start(&relay{w: w, network: at})
	}
	w.replicas = make([]*member, n)
	for i := range n {
		if err := w.start(i, false); err != nil {
			return nil, err
		}
	}
	for i := range 2 + shape.IntN(3) {
		at := w.network.Attach(clientAddr(i))
		c, err := newCaller(w, i, at)
		if err != nil {
			return nil, err
		}
		at.Start(c)
		w.clients = append(w.clients, c)
	}
	return w, nil
}

// courier returns a client's way to the replicas: through the relay, or directly.
func (w *world) courier() clientcore.Courier {
	if w.relayed {
		sender := oumlib.NewSender(1, 1400)
		sender.SetAddr(relayAddr)
		return clientcore.NewMulticast(sender)
	}
	var replicas []netip.AddrPort
	for _, p := range w.peers {
		replicas = append(replicas, p.Addr)
	}
	return baseline.NewCourier(w.system, replicas)
}

// start starts the next life of replica i.
func (w *world) start(i int, again bool) error {
	w.lives++
	m := &member{w: w, self: i, node: w.network.Attach(w.peers[i].Addr)}
	m.machine = registers.NewMachine(func(format string, args ...any) {
		w.fail(fmt.Errorf("replica %d: "+format, append([]any{i}, args...)...))
	})
	sm := replica.StateMachine(m.machine)
	if w.undo {
		sm = registers.UndoMachine{Machine: m.machine}
	}
	core, err := baseline.NewCore(baseline.Config{
		System: w.system, Self: i, Replicas: w.peers, Keys: w.keys, StateMachine: sm,
		Incarnation: w.lives, Recover: again,
		Core: vr.Config{Replica: limits.Replica{Snapshot: 64, KeepLog: 32, MaxLog: 1 << 12}}, // small, so that runs take snapshots
	})
	if err != nil {
		return err
	}
	m.core = core
	mesh := replicaloop.Mesh{Network: m.node, Peers: w.peers, Self: i, MTU: 1400}
	m.node.Start(node.New(core, mesh, m))
	w.replicas[i] = m
	return nil
}

func (w *world) fail(err error) {
	if w.err == nil {
		w.err = fmt.Errorf("at %v: %w", w.network.Now(), err)
	}
}

// whole reports whether a replica is up and has its state.
func (m *member) whole() bool {
	if m.dead {
		return false
	}
	r, ok := m.core.(*vr.Replica)
	return !ok || !r.Recovering()
}
