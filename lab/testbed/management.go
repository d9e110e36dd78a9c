//go:build linux

package testbed

import (
	"fmt"
	"net/netip"

	"github.com/netordered/nopaxos/lab/netlab"
)

// managementPort is the interface to the management network, at hosts and switches.
const managementPort = "mgmt0"

// addManagement adds the out-of-band network: a bridge with the controller, every switch and every host.
func (b *Bed) addManagement() error {
	const name = "management"
	if err := b.add(name); err != nil {
		return err
	}
	if err := b.add(b.Plan.Controller); err != nil {
		return err
	}
	var cables []string
	attach := func(node string, address netip.Addr) error {
		cable := fmt.Sprintf("m%d", len(cables))
		cables = append(cables, cable)
		b.at[address] = b.nodes[node]
		return b.lab.Link(
			netlab.Port{Node: b.nodes[node], Name: managementPort, Address: netip.PrefixFrom(address, management.Bits())},
			netlab.Port{Node: b.nodes[name], Name: cable})
	}
	if err := attach(b.Plan.Controller, controllerOnManagement); err != nil {
		return err
	}
	for _, s := range b.Plan.Topology.Switches {
		if err := attach(s.Name, s.P4Runtime.Addr()); err != nil {
			return err
		}
	}
	for i, h := range b.Plan.Topology.Hosts {
		if err := attach(h.Name, hostOnManagement(i+1)); err != nil {
			return err
		}
	}
	return b.nodes[name].Bridge("br0", cables...)
}
