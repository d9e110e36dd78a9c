package testbed

import (
	"fmt"
	"time"

	"github.com/netordered/nopaxos/cluster"
)

// Config configures a testbed.
type Config struct {
	Topology string // "single" or "fat-tree"
	K        int    // of the fat-tree: the number of its pods, and of the ports of each switch
	Switch   string // cluster.KindUDP: Linux routers and end-host sequencers; cluster.KindBMv2

	Replicas   int // 2f+1
	Sequencers int // with KindUDP; with KindBMv2, switches sequence
	FrontEnds  int

	Probe time.Duration // interval between probes of each link between BMv2 switches; 0: no probes
}

// The topologies.
const (
	Single  = "single"
	fatTree = "fat-tree"
)

// Client is the name of the clients' host.
const Client = "client"

// Plan describes a testbed: switches, cables, hosts and the cluster on the hosts. A host has the name of the
// role that runs on it, like "replica-0".
type Plan struct {
	Topology   cluster.Topology
	Cluster    *cluster.File // without path and key files; it has the topology if switches sequence
	Controller string        // host of the controller, on the management network if there is one
}

// NewPlan draws up a testbed.
func NewPlan(c Config) (*Plan, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	p := &Plan{Controller: "controller-0"}
	edges, roots := []string(nil), []string(nil)
	switch c.Topology {
	case Single:
		edges = p.single(c.Switch)
		roots = edges
	case fatTree:
		edges, roots = p.fatTree(c.Switch, c.K)
	}
	p.attach(c.roles(), edges)
	return p, p.cast(c, roots)
}

// maxReplicas keeps a mistyped number from starting a hundred processes.
const maxReplicas = 9

// check returns an error about the first wrong setting.
func (c Config) check() error {
	switch {
	case c.Topology != Single && c.Topology != fatTree:
		return fmt.Errorf("topology is %q, expected %s or %s", c.Topology, Single, fatTree)
	case c.Topology == fatTree && c.K != 2 && c.K != 4:
		return fmt.Errorf("k is %d, expected 2 or 4", c.K)
	case c.Switch != cluster.KindUDP && c.Switch != cluster.KindBMv2:
		return fmt.Errorf("switch is %q, expected %s or %s", c.Switch, cluster.KindUDP, cluster.KindBMv2)
	case c.Replicas < 1 || c.Replicas%2 == 0 || c.Replicas > maxReplicas:
		return fmt.Errorf("replicas is %d, expected an odd number from 1 to %d", c.Replicas, maxReplicas)
	case c.Switch == cluster.KindUDP && (c.Sequencers < 1 || c.Sequencers > maxReplicas):
		return fmt.Errorf("sequencers is %d, expected 1 to %d", c.Sequencers, maxReplicas)
	case c.Probe != 0 && (c.Probe < cluster.MinProbe || c.Probe > cluster.MaxProbe):
		return fmt.Errorf("probe is %v, expected 0 or %v to %v", c.Probe, cluster.MinProbe, cluster.MaxProbe)
	case c.FrontEnds < 1 || c.FrontEnds > maxReplicas:
		return fmt.Errorf("front-ends is %d, expected 1 to %d", c.FrontEnds, maxReplicas)
	}
	return nil
}

// roles returns the hosts at the switches, in the order of their placement: replicas first, so that they are
// far from each other.
func (c Config) roles() []string {
	var roles []string
	add := func(kind string, n int) {
		for i := range n {
			roles = append(roles, fmt.Sprintf("%s-%d", kind, i))
		}
	}
	add("replica", c.Replicas)
	add("kv", c.FrontEnds)
	roles = append(roles, Client)
	if c.Switch == cluster.KindUDP {
		add("sequencer", c.Sequencers)
		add("controller", 1)
	}
	return roles
}

// attach adds a host for every role, at the edge switches in turn.
func (p *Plan) attach(roles, edges []string) {
	for i, role := range roles {
		n := i + 1
		p.Topology.Hosts = append(p.Topology.Hosts, cluster.Host{
			Name:    role,
			Address: hostAddress(n),
			Gateway: gatewayAddress(n),
			MAC:     cluster.MAC{0x02, 0, 0, 0, 1, byte(n)},
			Port:    p.freePort(edges[i%len(edges)]),
		})
	}
}

// freePort returns the next port of a switch without a cable.
func (p *Plan) freePort(name string) cluster.Port {
	next := cluster.Port{Switch: name, Port: 1}
	taken := func(q cluster.Port) {
		if q.Switch == name && q.Port >= next.Port {
			next.Port = q.Port + 1
		}
	}
	for _, l := range p.Topology.Links {
		taken(l.A)
		taken(l.B)
	}
	for _, h := range p.Topology.Hosts {
		taken(h.Port)
	}
	return next
}

// Host returns the host of that name.
func (p *Plan) Host(name string) (*cluster.Host, bool) {
	for i := range p.Topology.Hosts {
		if p.Topology.Hosts[i].Name == name {
			return &p.Topology.Hosts[i], true
		}
	}
	return nil, false
}
