package bench

import (
	"context"
	"fmt"
	"net/netip"

	"github.com/netordered/nopaxos/cluster"
	"github.com/netordered/nopaxos/internal/devcluster"
	"github.com/netordered/nopaxos/lab/bench/role"
)

// cast gives the roles of a system to processes.
type cast struct {
	cfg     *Config
	place   place
	dir     string // of logs and of what the roles keep
	system  *System
	n       int // replicas
	machine string

	spec       role.Spec // what all roles are told
	controlled bool      // a controller is wanted
	started    *Deployment
}

// payloadBytes is the largest UDP payload, in bytes, everywhere: what fits Ethernet.
const payloadBytes = 1400

// servers gives every replica its addresses.
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

// The kinds of roles, as results name them.
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

// castServers is a system that consists of its replicas.
func castServers(c *cast) error {
	if err := c.servers(kindReplica, c.n); err != nil {
		return err
	}
	return c.startServers()
}

// castOrdered is a system whose requests come through a sequencer: a controller, two end-host sequencers,
// and replicas. NOPaxos is one. The systems whose clients multicast, and which want the same order at all
// replicas as often as can be, get it from the same network.
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

// castEcho is an echo server in the place of a replica.
func castEcho(c *cast) error {
	if err := c.servers(kindReplica, 1); err != nil {
		return err
	}
	spec := c.spec
	spec.Kind, spec.Listen = role.KindEcho, spec.Replicas[0].UDP
	return c.start(kindReplica, 0, spec)
}

// castSequencer is a group of which only the sequencers run: its first replica is the client, who gets
// back what it sends; the others take their copies and do nothing.
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

// sequencers is how many a group has: one to fail, and one to take over.
const sequencers = 2

// startSequencers starts the sequencers of a group, and wants a controller for them.
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

// startController starts the controller once all sequencers listen: it passes over one that does not, and
// then the first would not be the one in use.
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

// useCluster writes a cluster's file and keys, and points all roles to them.
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
