package bench

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"

	"github.com/netordered/nopaxos/cluster"
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
		a, err := c.place.address(fmt.Sprintf("%s-%d", kind, i))
		if err != nil {
			return err
		}
		c.spec.Replicas = append(c.spec.Replicas, role.Address{UDP: a, TCP: a})
	}
	return nil
}

// start starts a role, of which this program has the code.
func (c *cast) start(kind string, index int, spec role.Spec) error {
	return c.startFrom(c.cfg.Lab, []string{"bench", "role"}, kind, index, spec)
}

func (c *cast) startFrom(binary string, args []string, kind string, index int, spec role.Spec) error {
	spec.Index = index
	p, err := spawn(c.place, fmt.Sprintf("%s-%d", kind, index), kind, c.dir, &spec, binary, args...)
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
func (c *cast) startServers(binary string, args ...string) error {
	for i := range c.spec.Replicas {
		spec := c.spec
		spec.Kind = role.KindServer
		if err := c.startFrom(binary, args, kindReplica, i, spec); err != nil {
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
	return c.startServers(c.cfg.Lab, "bench", "role")
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
	return c.startServers(c.cfg.Lab, "bench", "role")
}

// castPeers is a system of bench/peers.
func castPeers(c *cast) error {
	if err := c.servers(kindReplica, c.n); err != nil {
		return err
	}
	return c.startServers(peersBinary(c.cfg))
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
	client, err := c.place.address(clientRole(0))
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

// groupAddress only names the group: an end-host sequencer is sent to at its own address.
var groupAddress = netip.AddrFrom4([4]byte{10, 97, 0, 1})

const keyFile = "cluster.key"

func clusterPath(dir string) string { return filepath.Join(dir, "cluster.yaml") }

// useCluster writes a cluster's key and its file, and tells all roles of them.
func (c *cast) useCluster(f *cluster.File) error {
	f.Path, f.KeyFile = clusterPath(c.dir), keyFile
	if err := cluster.WriteKey(f.Resolve(f.KeyFile)); err != nil {
		return err
	}
	key, err := f.Key()
	if err != nil {
		return err
	}
	text, err := f.Marshal()
	if err != nil {
		return err
	}
	if err := os.WriteFile(f.Path, text, 0o600); err != nil {
		return fmt.Errorf("cluster file: %w", err)
	}
	c.spec.Key, c.spec.Cluster, c.spec.MTU = key, f.Path, f.MTU
	return nil
}

// writeCluster describes a group of the replicas, behind end-host sequencers.
func (c *cast) writeCluster() error {
	var err error
	address := func(role string) (a netip.AddrPort) {
		if err == nil {
			a, err = c.place.address(role)
		}
		return a
	}
	f := &cluster.File{Name: "bench", MTU: c.spec.MTU, Timing: cluster.LocalTiming}
	f.Controllers = []cluster.Controller{{Address: address(kindController + "-0"), Dir: kindController}}
	for i := range sequencers {
		name := fmt.Sprintf("%s-%d", kindSequencer, i)
		f.Sequencers = append(f.Sequencers, cluster.Sequencer{
			Name: name, Kind: cluster.KindUDP, DeviceID: uint64(i + 1), P4Runtime: address(name), Data: address(name),
		})
	}
	g := cluster.Group{Name: "bench", Address: groupAddress, F: (c.n - 1) / 2}
	for i, a := range c.spec.Replicas {
		g.Replicas = append(g.Replicas, cluster.Replica{Address: a.UDP, Bulk: a.TCP, Dir: fmt.Sprintf("%s-%d", kindReplica, i)})
	}
	f.Groups = []cluster.Group{g}
	if err != nil {
		return err
	}
	return c.useCluster(f)
}
