package bench

import (
	"context"
	"fmt"
	"net/netip"

	"github.com/netordered/nopaxos/cluster"
	"github.com/netordered/nopaxos/internal/devcluster"
	"github.com/netordered/nopaxos/lab/bench/role"
)

// cast starts the processes of a system.
type cast struct {
	cfg     *Config
	place   place
	dir     string // for logs and the state of roles
	system  *System
	n       int // replicas
	machine string

	spec       role.Spec // common to all roles
	controlled bool      // the system has a controller
	started    *deployment
}

// payloadBytes is the largest UDP payload in bytes: it fits Ethernet.
const payloadBytes = 1400

// servers assigns addresses to n replicas.
func (c *cast) servers(kind string, n int) error {
	c.spec.Replicas = nil
	for i := range n {
		a, err := c.place.Address(fmt.Sprintf("%s-%d", kind, i))
		if err != nil {
			return err
		}
		c.spec.Replicas = append(c.spec.Replicas, role.Address{UDP: a, TCP: a})
	}
	return nil
}

// start starts a role.
func (c *cast) start(kind string, index int, spec role.Spec) error {
	spec.Index = index
	p, err := spawn(c.place, fmt.Sprintf("%s-%d", kind, index), kind, c.dir, &spec, c.cfg.Lab, "bench", "role")
	if err != nil {
		return err
	}
	c.started.add(p)
	return nil
}

// The kinds of roles in results.
const (
	kindReplica    = "replica"
	kindSequencer  = "sequencer"
	kindController = "controller"
	kindClient     = "client"
	kindSink       = "sink"
)

// startServers starts all replicas.
func (c *cast) startServers() error {
	for i := range c.spec.Replicas {
		spec := c.spec
		spec.Kind = role.KindServer
		if err := c.start(kindReplica, i, spec); err != nil {
			return err
		}
	}
	return nil
}

// castServers starts a system that consists of its replicas.
func castServers(c *cast) error {
	if err := c.servers(kindReplica, c.n); err != nil {
		return err
	}
	return c.startServers()
}

// castOrdered starts a system whose requests pass a sequencer: a controller, two end-host sequencers, and
// replicas. Besides NOPaxos these are the systems whose clients multicast and which depend on the same order
// at all replicas most of the time.
func castOrdered(c *cast) error {
	if err := c.servers(kindReplica, c.n); err != nil {
		return err
	}
	if err := c.writeCluster(); err != nil {
		return err
	}
	if err := c.startSequencers(); err != nil {
		return err
	}
	return c.startServers()
}

// castEcho starts an echo server in the place of a replica.
func castEcho(c *cast) error {
	if err := c.servers(kindReplica, 1); err != nil {
		return err
	}
	spec := c.spec
	spec.Kind, spec.Listen = role.KindEcho, spec.Replicas[0].UDP
	return c.start(kindReplica, 0, spec)
}

// castSequencer starts a group's sequencers only. The client takes the place of the first replica and gets its
// own requests back; the other replicas are sinks.
func castSequencer(c *cast) error {
	if err := c.servers(kindSink, c.n); err != nil {
		return err
	}
	client, err := c.place.Address(clientRole(0))
	if err != nil {
		return err
	}
	c.spec.Replicas[0].UDP = client
	if err := c.writeCluster(); err != nil {
		return err
	}
	if err := c.startSequencers(); err != nil {
		return err
	}
	for i := 1; i < c.n; i++ {
		spec := c.spec
		spec.Kind, spec.Listen = role.KindSink, spec.Replicas[i].UDP
		if err := c.start(kindSink, i, spec); err != nil {
			return err
		}
	}
	return nil
}

// sequencers is the number of a group's sequencers: an active one and a standby.
const sequencers = 2

// startSequencers starts the sequencers of a group, which need a controller.
func (c *cast) startSequencers() error {
	for i := range sequencers {
		spec := c.spec
		spec.Kind = role.KindSequencer
		if err := c.start(kindSequencer, i, spec); err != nil {
			return err
		}
	}
	c.controlled = true
	return nil
}

// startController starts the controller once all sequencers listen. It would skip one that does not listen, and
// the first would not become the active one.
func (c *cast) startController(ctx context.Context) error {
	for _, s := range c.started.of(kindSequencer) {
		if err := s.ready(ctx); err != nil {
			return err
		}
	}
	p, err := spawn(c.place, kindController+"-0", kindController, c.dir, nil, c.cfg.Nopaxos, "controller", "--cluster", c.spec.Cluster)
	if err != nil {
		return err
	}
	c.started.add(p)
	return nil
}

// useCluster writes a cluster's file and keys, for all roles to use.
func (c *cast) useCluster(f *cluster.File) error {
	f, err := devcluster.Write(f, c.dir)
	if err != nil {
		return err
	}
	if c.spec.Key, err = f.Key(); err != nil {
		return err
	}
	c.spec.Cluster, c.spec.MTU = f.Path, f.MTU
	return nil
}

// writeCluster describes a group of the replicas, behind end-host sequencers.
func (c *cast) writeCluster() error {
	replicas := make(map[string]netip.AddrPort)
	for i, a := range c.spec.Replicas {
		replicas[fmt.Sprintf("%s-%d", kindReplica, i)] = a.UDP
	}
	l := devcluster.Layout{
		Name: "bench", MTU: c.spec.MTU, Timing: devcluster.LocalTiming, Replicas: c.n, Sequencers: sequencers,
		Address: func(role string, s devcluster.Service) (netip.AddrPort, error) {
			switch s {
			case devcluster.HTTP:
				return netip.AddrPort{}, nil
			case devcluster.Replicated:
				return replicas[role], nil
			}
			return c.place.Address(role)
		},
	}
	f, err := l.File()
	if err != nil {
		return err
	}
	return c.useCluster(f)
}
