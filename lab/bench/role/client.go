package role

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"time"

	"github.com/netordered/nopaxos/client"
	"github.com/netordered/nopaxos/cluster"
	"github.com/netordered/nopaxos/cluster/limits"
	"github.com/netordered/nopaxos/controlplane/api"
	"github.com/netordered/nopaxos/internal/clientcore"
	"github.com/netordered/nopaxos/lab/baseline"
	"github.com/netordered/nopaxos/oumlib"
	"github.com/netordered/nopaxos/replica/wire"
	"github.com/netordered/nopaxos/transport"
)

// clientPart generates load on one event loop.
type clientPart struct {
	udp    *transport.UDP
	driver *driver

	// For systems with a sequencer.
	controllers []string
	group       uint32
	sender      *oumlib.Sender
}

func newClient(s *Spec) (Part, error) {
	udp, err := transport.ListenUDP(transport.UDPConfig{Addr: s.Listen.String(), MTU: s.MTU})
	if err != nil {
		return nil, err
	}
	c := &clientPart{udp: udp}
	var a asker
	switch s.System {
	case SystemEcho:
		a = &reflectAsker{network: udp, to: func() netip.AddrPort { return s.Replicas[0].UDP }}
	case SystemSequencer:
		err = c.route(s)
		a = &reflectAsker{network: udp, to: func() netip.AddrPort { return c.sender.Addr() }, header: oumlib.HeaderLen, sender: c.sender}
	default:
		a, err = c.core(s)
	}
	if err != nil {
		udp.Close()
		return nil, err
	}
	c.driver = newDriver(a, s.Index)
	return c, nil
}

// route prepares to follow the address of the group's sequencer.
func (c *clientPart) route(s *Spec) error {
	f, err := cluster.Load(s.Cluster)
	if err != nil {
		return err
	}
	cfg, err := client.FromFile(f, "")
	if err != nil {
		return err
	}
	c.controllers, c.group = cfg.Controllers, cfg.Group
	c.sender = oumlib.NewSender(cfg.Group, s.MTU)
	return nil
}

// core creates the client of a replicated system.
func (c *clientPart) core(s *Spec) (asker, error) {
	keys, err := wire.DeriveKeys(s.Key)
	if err != nil {
		return nil, err
	}
	cfg := clientcore.Config{
		Replicas: len(s.Replicas), Auth: keys.Client, ReplyTo: c.udp.LocalAddr(), Nonce: clientcore.RandomNonce, Seed: rand.Uint64(),
		MTU: s.MTU, Client: limits.Client{Window: wire.MaxOutstanding},
	}
	var courier clientcore.Courier
	cfg.Rule, courier = toReplicas(s)
	if s.Cluster != "" {
		if err := c.route(s); err != nil {
			return nil, err
		}
		courier = clientcore.NewMulticast(c.sender)
	}
	core, err := clientcore.New(cfg)
	if err != nil {
		return nil, err
	}
	return &coreAsker{core: core, courier: courier, network: c.udp}, nil
}

// toReplicas returns the quorum of a system and the courier to its replicas, without a sequencer. Systems outside
// package baseline are used like Paxos: the leader alone replies.
func toReplicas(s *Spec) (clientcore.Rule, clientcore.Courier) {
	if s.System == SystemNOPaxos {
		return clientcore.Rule{}, nil
	}
	var replicas []netip.AddrPort
	for _, a := range s.Replicas {
		replicas = append(replicas, a.UDP)
	}
	system, err := baseline.ParseSystem(s.System)
	if err != nil {
		system = baseline.Paxos
	}
	return system.Rule(len(replicas)), baseline.NewCourier(system, replicas)
}

// Run is the client's event loop.
func (c *clientPart) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if c.sender != nil {
		go func() {
			// If no controller knows the group, operations never complete.
			_ = api.Watch(ctx, c.controllers, c.group, func(r api.Route) {
				c.sender.SetAddr(r.Sequencer)
				c.udp.Post(c.driver.asker.reroute)
			})
		}()
	}
	return c.udp.Run(ctx, c.driver)
}

// Transport returns the counters of the socket.
func (c *clientPart) Transport() transport.Stats { return c.udp.Stats() }

// Connect waits until an operation has been executed.
func (c *clientPart) Connect(ctx context.Context, o *Connect) error {
	ctx, cancel := context.WithTimeoutCause(ctx, o.Patience, fmt.Errorf("no operation was executed within %v", o.Patience))
	defer cancel()
	_, err := c.run(ctx, &Load{Begin: time.Now(), Measure: o.Patience, Callers: 1, Workload: WorkloadEcho, ValueSize: 1, Limit: 1})
	return err
}

// Load generates load and returns the result.
func (c *clientPart) Load(ctx context.Context, l *Load) (*Result, error) { return c.run(ctx, l) }

// run passes a load to the event loop and waits for its end.
func (c *clientPart) run(ctx context.Context, l *Load) (*Result, error) {
	r, err := newRun(l, c.driver.self)
	if err != nil {
		return nil, err
	}
	c.udp.Post(func(now time.Duration) { c.driver.begin(now, r) })
	select {
	case <-r.over:
		return r.result()
	case <-ctx.Done():
		c.udp.Post(c.driver.stop)
		return nil, context.Cause(ctx)
	}
}
