package bench

import (
	"errors"
	"fmt"
	"net/netip"
	"os/exec"

	"github.com/netordered/nopaxos/lab/netlab"
)

// namespaces gives every role a host of its own on one Ethernet switch, which is the kernel's bridge. Later
// deployments use the same hosts with other ports.
type namespaces struct {
	lab   *netlab.Lab
	hub   *netlab.Node
	hosts map[string]*host
}

type host struct {
	node    *netlab.Node
	address netip.Addr
	port    uint16 // next
}

const (
	bridge       = "br0"
	firstHubPort = 9700
)

func newNamespaces() (place, error) {
	lab, err := netlab.New()
	if err != nil {
		return nil, err
	}
	p := &namespaces{lab: lab, hosts: make(map[string]*host)}
	if p.hub, err = lab.AddNode("switch"); err == nil {
		err = p.hub.Bridge(bridge)
	}
	if err != nil {
		return nil, errors.Join(err, lab.Close())
	}
	return p, nil
}

// Address creates the role's host on first use.
func (p *namespaces) Address(role string) (netip.AddrPort, error) {
	h := p.hosts[role]
	if h == nil {
		var err error
		if h, err = p.add(role); err != nil {
			return netip.AddrPort{}, fmt.Errorf("host of %s: %w", role, err)
		}
		p.hosts[role] = h
	}
	h.port++
	return netip.AddrPortFrom(h.address, h.port), nil
}

func (p *namespaces) add(role string) (*host, error) {
	number := len(p.hosts) + 1
	if number > 250 {
		return nil, fmt.Errorf("%d hosts, expected at most 250", number)
	}
	node, err := p.lab.AddNode(role)
	if err != nil {
		return nil, err
	}
	h := &host{node: node, address: netip.AddrFrom4([4]byte{10, 98, 0, byte(number)}), port: firstHubPort}
	port := fmt.Sprintf("p%d", number)
	err = p.lab.Link(
		netlab.Port{Node: node, Name: "eth0", Address: netip.PrefixFrom(h.address, 24)},
		netlab.Port{Node: p.hub, Name: port})
	if err == nil {
		err = p.hub.Join(bridge, port)
	}
	return h, err
}

func (p *namespaces) Start(role string, cmd *exec.Cmd) error {
	h := p.hosts[role]
	if h == nil {
		return fmt.Errorf("%s has no host", role)
	}
	return h.node.Start(cmd)
}

func (p *namespaces) Close() error { return p.lab.Close() }
