package model

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"time"

	"github.com/netordered/nopaxos/internal/clientcore"
	"github.com/netordered/nopaxos/internal/replicaloop"
	"github.com/netordered/nopaxos/lab/baseline"
	"github.com/netordered/nopaxos/lab/baseline/node"
	"github.com/netordered/nopaxos/lab/baseline/vr"
	"github.com/netordered/nopaxos/oumlib"
	"github.com/netordered/nopaxos/replica"
	"github.com/netordered/nopaxos/replica/wire"
	"github.com/netordered/nopaxos/transport"
)

var groupNumber = oumlib.GroupNumber([4]byte{10, 97, 0, 1})

// workload is a closed-loop load on a system.
type workload struct {
	System   System
	Replicas int // ignored for Unreplicated, which has 1
	Clients  int // hosts
	Callers  int // per client
	Loss     float64
	Seed     uint64
	Costs    Costs
}

// group is a group of replicas on the tree with its sequencers and clients.
type group struct {
	load      workload
	net       *network
	keys      wire.Keys
	members   []*member
	peers     []transport.Peer
	relays    []*relay
	sequencer netip.AddrPort // initially active; invalid if there is none
	callers   []*caller
	err       error

	completed int
	latencies []time.Duration // of operations that ended while measuring
	measuring bool
	report    func(replica int, session uint32) // to the controller; nil without one
	watch     func(now time.Duration)           // called at the end of every operation, if not nil
}

// member is a replica's process.
type member struct {
	g       *group
	self    int
	host    *host
	ordered *replicaloop.Loop // nil unless the system is NOPaxos
}

var _ replicaloop.Host = (*member)(nil)

// Aside runs work at once, without CPU time: it belongs to another core.
func (m *member) Aside(work func() func(now time.Duration)) { m.host.post(work()) }

// Fail ends the run.
func (m *member) Fail(err error) { m.g.fail(fmt.Errorf("replica %d: %w", m.self, err)) }

// Save takes no time: no record is saved while a request is on its way.
func (m *member) Save(replica.Record) error { return nil }

// Publish does nothing: the model does not ask for the status.
func (m *member) Publish(replica.Status) {}

// Report forwards to the controller.
func (m *member) Report(session uint32) {
	if m.g.report != nil {
		m.g.report(m.self, session)
	}
}

func (g *group) fail(err error) {
	if g.err == nil {
		g.err = fmt.Errorf("%v at %v: %w", g.load.System, g.net.Now(), err)
	}
}

// newGroup starts a system. It puts the replicas into successive pods, and the clients outside the pod of the first
// replica, which leads.
func newGroup(load workload) (*group, error) {
	if load.System == unreplicated {
		load.Replicas = 1
	}
	g := &group{load: load}
	g.net = newNetwork(&g.load.Costs, rand.New(rand.NewPCG(load.Seed, 1)))
	g.net.loss = load.Loss
	var err error
	if g.keys, err = wire.DeriveKeys([]byte("the model's cluster key")); err != nil {
		return nil, err
	}
	rng := rand.New(rand.NewPCG(load.Seed, 2))
	free := newPlaces(rng)
	for i := range load.Replicas {
		at := free.in(i % pods)
		g.members = append(g.members, &member{g: g, self: i, host: g.net.host(at)})
		g.peers = append(g.peers, transport.Peer{Addr: at.address(), Bulk: at.address()})
	}
	if load.System.multicast() {
		if err := g.startSequencers(free); err != nil {
			return nil, err
		}
	}
	for _, m := range g.members {
		if err := m.start(); err != nil {
			return nil, err
		}
	}
	for range load.Clients {
		c, err := newCaller(g, free.outside(0), load.Callers, rng)
		if err != nil {
			return nil, err
		}
		g.callers = append(g.callers, c)
		c.host.start(c)
	}
	return g, nil
}

// start runs the replica's real event loop.
func (m *member) start() error {
	if m.g.load.System.ordered() {
		return m.startOrdered()
	}
	core, err := baseline.NewCore(baseline.Config{
		System: m.g.load.System.baseline(), Self: m.self, Replicas: m.g.peers, Keys: m.g.keys,
		StateMachine: &machine{m.host}, Incarnation: 1, Core: vr.Config{},
	})
	if err != nil {
		return err
	}
	m.host.start(node.New(core, m.mesh(), m))
	return nil
}

func (m *member) startOrdered() error {
	cfg := replica.Config{N: len(m.g.peers), Self: m.self, Group: groupNumber, Keys: m.g.keys}
	core, err := replica.New(cfg, replica.Bootstrap(), &machine{m.host})
	if err != nil {
		return err
	}
	m.ordered = replicaloop.New(core, groupNumber, m.mesh(), m)
	m.host.start(m.ordered)
	m.route(firstSession, m.g.sequencer)
	return nil
}

func (m *member) mesh() replicaloop.Mesh {
	return replicaloop.Mesh{Network: m.host, Peers: m.g.peers, Self: m.self, MTU: transport.DefaultMTU}
}

// route sets the sequencer of the group's messages.
func (m *member) route(session uint32, sequencer netip.AddrPort) {
	m.host.post(func(now time.Duration) { m.ordered.Route(now, session, sequencer) })
}

// courier returns a client's way to the replicas without a sequencer.
func (g *group) courier() clientcore.Courier {
	var replicas []netip.AddrPort
	for _, p := range g.peers {
		replicas = append(replicas, p.Addr)
	}
	return baseline.NewCourier(g.load.System.baseline(), replicas)
}

// rule returns the clients' condition for an outcome.
func (g *group) rule() clientcore.Rule {
	if g.load.System.ordered() {
		return clientcore.Rule{}
	}
	return g.load.System.baseline().Rule(len(g.members))
}

// ended records the end of an operation.
func (g *group) ended(now, began time.Duration) {
	g.completed++
	if g.measuring {
		g.latencies = append(g.latencies, now-began)
	}
	if g.watch != nil {
		g.watch(now)
	}
}

// places are the free hosts of the tree, in random order.
type places struct{ free []place }

func newPlaces(rng *rand.Rand) *places {
	p := &places{}
	for _, i := range rng.Perm(hosts) {
		p.free = append(p.free, place(i))
	}
	return p
}

// take removes the first suitable host.
func (p *places) take(suits func(place) bool) place {
	for i, at := range p.free {
		if suits(at) {
			p.free = append(p.free[:i], p.free[i+1:]...)
			return at
		}
	}
	panic("model: no host is free")
}

func (p *places) in(pod int) place { return p.take(func(at place) bool { return at.pod() == pod }) }
func (p *places) outside(pod int) place {
	return p.take(func(at place) bool { return at.pod() != pod })
}
