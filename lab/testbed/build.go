//go:build linux

package testbed

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os/exec"

	"github.com/netordered/nopaxos/cluster"
	"github.com/netordered/nopaxos/lab/netlab"
)

// Bed is the network of a plan, with a node for every switch and every host. It implements devcluster.Hosts.
type Bed struct {
	Plan *Plan

	lab   *netlab.Lab
	nodes map[string]*netlab.Node // by the name of switch or host
	at    map[netip.Addr]*netlab.Node
}

// Build builds the network of a plan. The error wraps netlab.ErrNotSupported if this machine or user cannot
// have network namespaces.
func Build(p *Plan) (*Bed, error) {
	lab, err := netlab.New()
	if err != nil {
		return nil, err
	}
	b := &Bed{Plan: p, lab: lab, nodes: make(map[string]*netlab.Node), at: make(map[netip.Addr]*netlab.Node)}
	if err := b.build(); err != nil {
		return nil, errors.Join(fmt.Errorf("testbed: %w", err), lab.Close())
	}
	return b, nil
}

// Close ends every process and removes the network.
func (b *Bed) Close() error { return b.lab.Close() }

// Node returns the node of a switch or a host, or nil if the plan has none of that name.
func (b *Bed) Node(name string) *netlab.Node { return b.nodes[name] }

func (b *Bed) build() error {
	t := &b.Plan.Topology
	for _, s := range t.Switches {
		if err := b.add(s.Name); err != nil {
			return err
		}
	}
	for _, h := range t.Hosts {
		if err := b.addHost(h); err != nil {
			return err
		}
	}
	for i, l := range t.Links {
		if err := b.connect(i, l); err != nil {
			return err
		}
	}
	if b.routed() {
		return b.route()
	}
	return b.addManagement()
}

// routed reports whether the switches are Linux routers.
func (b *Bed) routed() bool { return !b.Plan.Topology.Management.IsValid() }

func (b *Bed) add(name string) error {
	n, err := b.lab.AddNode(name)
	b.nodes[name] = n
	return err
}

// hostPort is the name of a host's interface.
const hostPort = "eth0"

// switchPort is the name of a switch's interface.
func switchPort(p cluster.Port) string { return fmt.Sprintf("eth%d", p.Port) }

// addHost adds a host and its cable. The gateway is at the other end of the cable.
func (b *Bed) addHost(h cluster.Host) error {
	if err := b.add(h.Name); err != nil {
		return err
	}
	n := b.nodes[h.Name]
	b.at[h.Address] = n
	host := netlab.Port{Node: n, Name: hostPort, Address: subnet(h.Address), MAC: h.MAC[:], Raw: !b.routed()}
	if err := b.lab.Link(host, b.switchEnd(h.Port, subnet(h.Gateway))); err != nil {
		return err
	}
	return n.Route(netip.PrefixFrom(netip.IPv4Unspecified(), 0), h.Gateway)
}

// switchEnd returns a switch's end of a cable. Only a router has an address there; a P4 switch reads raw frames.
func (b *Bed) switchEnd(p cluster.Port, address netip.Prefix) netlab.Port {
	end := netlab.Port{Node: b.nodes[p.Switch], Name: switchPort(p)}
	if b.routed() {
		end.Address = address
	} else {
		end.Raw = true
	}
	return end
}

// connect adds the cable between two switches, link number i.
func (b *Bed) connect(i int, l cluster.Link) error {
	return b.lab.Link(b.switchEnd(l.A, linkAddress(i, 1)), b.switchEnd(l.B, linkAddress(i, 2)))
}

// cut makes a cable drop all packets without a loss of carrier, so that only probes detect it.
func (b *Bed) cut(l cluster.Link) error {
	for _, end := range []cluster.Port{l.A, l.B} {
		if err := b.nodes[end.Switch].Port(switchPort(end)).Mute(); err != nil {
			return err
		}
	}
	return nil
}

// route installs the routers' routes to all hosts and spreads the hosts over paths of equal length.
func (b *Bed) route() error {
	t := &b.Plan.Topology
	for _, s := range t.Switches {
		if err := b.nodes[s.Name].Router(); err != nil {
			return err
		}
		for i, h := range t.Hosts {
			if h.Port.Switch == s.Name {
				continue
			}
			ways := b.Plan.nextHops(s.Name, h.Port.Switch)
			via := b.otherEnd(ways[i%len(ways)])
			if err := b.nodes[s.Name].Route(subnet(h.Address), via); err != nil {
				return err
			}
		}
	}
	return nil
}

// otherEnd returns the address at the other end of a router's cable.
func (b *Bed) otherEnd(p cluster.Port) netip.Addr {
	for i, l := range b.Plan.Topology.Links {
		switch p {
		case l.A:
			return linkAddress(i, 2).Addr()
		case l.B:
			return linkAddress(i, 1).Addr()
		}
	}
	return netip.Addr{}
}

// Cable returns the switch's end of a host's cable.
func (b *Bed) Cable(host string) netlab.Port {
	h, ok := b.Plan.Host(host)
	if !ok {
		return netlab.Port{}
	}
	return b.nodes[h.Port.Switch].Port(switchPort(h.Port))
}

// Start implements devcluster.Hosts.
func (b *Bed) Start(role string, cmd *exec.Cmd) error {
	n, ok := b.nodes[role]
	if !ok {
		return fmt.Errorf("testbed: no host for %s", role)
	}
	return n.Start(cmd)
}

// Dial implements devcluster.Hosts. It connects from the host that has the address, so faults between the
// hosts do not interfere.
func (b *Bed) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	a, err := netip.ParseAddrPort(address)
	if err != nil {
		return nil, fmt.Errorf("testbed: %w", err)
	}
	n, ok := b.at[a.Addr()]
	if !ok {
		return nil, fmt.Errorf("testbed: no host has %s", a.Addr())
	}
	return n.Dial(ctx, network, address)
}

// File implements devcluster.Hosts.
func (b *Bed) File() *cluster.File { return b.Plan.Cluster }
