package fabric

import (
	"fmt"
	"net/netip"

	"github.com/netordered/nopaxos/oumlib"
	"github.com/netordered/nopaxos/p4src"
)

// Group is a replicated service whose packets the switches forward.
type Group struct {
	Number   uint32 // its virtual IPv4 address, see oumlib.GroupNumber
	Name     string
	Replicas []netip.AddrPort // IPv4
}

// maxDiameter bounds the hops between two switches: a request passes two such paths, and the usual TTL is 64.
const maxDiameter = 30

// Validate reports the first reason why a Fabric cannot work with the topology. The reader of the cluster file has
// found most of them before, with a line number.
func (t *Topology) Validate(groups []Group) error {
	if err := t.validatePorts(); err != nil {
		return err
	}
	for _, h := range t.Hosts {
		if !h.Addr.Is4() || h.Addr.IsLinkLocalUnicast() {
			return fmt.Errorf("fabric: host %s has address %v, expected an IPv4 address that is not link-local, since probes use those", h.Name, h.Addr)
		}
	}
	if err := t.validateProbes(len(groups)); err != nil {
		return err
	}
	for _, g := range groups {
		address := netip.AddrFrom4(oumlib.GroupAddress(g.Number))
		if address.IsLinkLocalUnicast() {
			return fmt.Errorf("fabric: group %s has address %v, expected one that is not link-local, since probes use those", g.Name, address)
		}
		if h := t.HostAt(address); h != nil {
			return fmt.Errorf("fabric: group %s has address %v, which is host %s's, expected one of its own", g.Name, address, h.Name)
		}
		for i, r := range g.Replicas {
			if t.HostAt(r.Addr()) == nil {
				return fmt.Errorf("fabric: group %s: replica %d is at %v, expected the address of a host of the topology", g.Name, i, r)
			}
		}
	}
	return t.validatePaths()
}

// validatePorts checks that at most one cable is plugged into each port.
func (t *Topology) validatePorts() error {
	ports := make(map[Port]bool)
	plug := func(what string, p Port) error {
		if p.Switch < 0 || p.Switch >= len(t.Switches) || p.Number == 0 || ports[p] {
			return fmt.Errorf("fabric: %s is at port %d of switch %d, expected a free port of a switch", what, p.Number, p.Switch)
		}
		ports[p] = true
		return nil
	}
	for i, l := range t.Links {
		for _, end := range l.Ends() {
			if err := plug(fmt.Sprintf("link %d", i), end); err != nil {
				return err
			}
		}
	}
	for _, h := range t.Hosts {
		if err := plug("host "+h.Name, h.At); err != nil {
			return err
		}
	}
	return nil
}

// validateProbes checks that every link has addresses for its probes, and that a switch's table has room for the probes
// of its links beside the groups.
func (t *Topology) validateProbes(groups int) error {
	if len(t.Links) > maxProbedLinks {
		return fmt.Errorf("fabric: %d links, expected at most %d", len(t.Links), maxProbedLinks)
	}
	for s, n := range t.Neighbours() {
		if most := p4src.MaxGroups - groups; t.Probe > 0 && t.Switches[s].Probes && len(n) > most {
			return fmt.Errorf("fabric: switch %s has %d links that are probed, expected at most %d beside %d groups",
				t.Switches[s].Name, len(n), most, groups)
		}
	}
	return nil
}

// validatePaths checks that all switches are connected, and near enough to each other.
func (t *Topology) validatePaths() error {
	p := newPaths(t, newHealth(t))
	for a := range t.Switches {
		for b := range t.Switches {
			if d := p.distance[b][a]; d > maxDiameter {
				return fmt.Errorf("fabric: switches %s and %s are not connected by at most %d links",
					t.Switches[a].Name, t.Switches[b].Name, maxDiameter)
			}
		}
	}
	return nil
}
