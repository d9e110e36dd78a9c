package cluster

import (
	"fmt"
	"net/netip"
)

// checkTopology finds contradictions among switches, cables and hosts, sequencers that are not a switch of the topology, and
// roles at addresses that no host has.
func (f *File) checkTopology() *Error {
	for _, check := range []func() *Error{f.checkSwitchSequencers, f.checkFabricNames, f.checkPorts, f.checkConnected, f.checkHosts, f.checkMACs, f.checkRoles} {
		if err := check(); err != nil {
			return err
		}
		if f.Topology == nil {
			break // only the first check applies to a file without a topology
		}
	}
	return nil
}

// checkSwitchSequencers finds switch sequencers without their switch in the topology, and end-host sequencers with the name
// of a switch, which would be ambiguous in status and metrics.
func (f *File) checkSwitchSequencers() *Error {
	for i, s := range f.Sequencers {
		at := fmt.Sprintf("sequencers[%d]", i)
		switch sw, ok := f.Switch(s.Name); {
		case s.Kind == KindUDP && ok:
			return f.errorAt(at+".name", fmt.Sprintf("is %q, which is one of topology.switches", s.Name), "another name for an end host")
		case s.Kind == KindUDP:
		case f.Topology == nil:
			return f.errorAt(at+".kind", fmt.Sprintf("is %s, and the file has no topology", s.Kind), "a topology with this switch")
		case !ok:
			return f.errorAt(at+".name", fmt.Sprintf("is %q, which does not exist", s.Name), "the name of one of topology.switches")
		case sw.Kind != s.Kind:
			return f.errorAt(at+".kind", fmt.Sprintf("is %s, and the topology's switch %s is %s", s.Kind, s.Name, sw.Kind), "the same kind")
		}
	}
	return nil
}

// checkFabricNames finds switches and hosts that share a name.
func (f *File) checkFabricNames() *Error {
	names := unique{f: f, what: "name"}
	for i, s := range f.Topology.Switches {
		if err := names.add(s.Name, fmt.Sprintf("topology.switches[%d].name", i)); err != nil {
			return err
		}
	}
	for i, h := range f.Topology.Hosts {
		if err := names.add(h.Name, fmt.Sprintf("topology.hosts[%d].name", i)); err != nil {
			return err
		}
	}
	return nil
}

// checkPorts finds cables to unknown switches, and ports with two cables.
func (f *File) checkPorts() *Error {
	ports := unique{f: f, what: "port"}
	plug := func(p Port, path string) *Error {
		if _, ok := f.Switch(p.Switch); !ok {
			return f.errorAt(path, fmt.Sprintf("names switch %q, which does not exist", p.Switch), "the name of one of topology.switches")
		}
		return ports.add(p.String(), path)
	}
	for i, l := range f.Topology.Links {
		at := fmt.Sprintf("topology.links[%d]", i)
		if l.A.Switch == l.B.Switch {
			return f.errorAt(at, fmt.Sprintf("is %q, which leads from %s to itself", l, l.A.Switch), "a link between two switches")
		}
		for _, end := range []Port{l.A, l.B} {
			if err := plug(end, at); err != nil {
				return err
			}
		}
	}
	for i, h := range f.Topology.Hosts {
		if err := plug(h.Port, fmt.Sprintf("topology.hosts[%d].port", i)); err != nil {
			return err
		}
	}
	return nil
}

// checkConnected finds switches, and thereby hosts and sequencers, that are not connected.
func (f *File) checkConnected() *Error {
	t := f.Topology
	neighbours := make(map[string][]string)
	for _, l := range t.Links {
		neighbours[l.A.Switch] = append(neighbours[l.A.Switch], l.B.Switch)
		neighbours[l.B.Switch] = append(neighbours[l.B.Switch], l.A.Switch)
	}
	first := t.Switches[0].Name
	reached := map[string]bool{first: true}
	for queue := []string{first}; len(queue) > 0; queue = queue[1:] {
		for _, next := range neighbours[queue[0]] {
			if !reached[next] {
				reached[next] = true
				queue = append(queue, next)
			}
		}
	}
	for i, h := range t.Hosts {
		if !reached[h.Port.Switch] {
			return f.errorAt(fmt.Sprintf("topology.hosts[%d].port", i),
				fmt.Sprintf("is %s, which is not connected to switch %s", h.Port, first), "links between all switches")
		}
	}
	for i, s := range t.Switches {
		if !reached[s.Name] {
			return f.errorAt(fmt.Sprintf("topology.switches[%d].name", i),
				fmt.Sprintf("is %s, which is not connected to switch %s", s.Name, first), "links between all switches")
		}
	}
	return nil
}

// checkHosts finds addresses that two hosts, groups or gateways would share, and addresses that the probes of links use.
// Several hosts, on any switches, may have the same gateway.
func (f *File) checkHosts() *Error {
	addresses := unique{f: f, what: "address"}
	add := func(a netip.Addr, path string) *Error {
		if a.IsLinkLocalUnicast() {
			return f.errorAt(path, fmt.Sprintf("is %s, which is link-local (RFC 3927), as the probes of links are", a), "another address")
		}
		return addresses.add(a.String(), path)
	}
	for i, g := range f.Groups {
		if err := add(g.Address, fmt.Sprintf("groups[%d].address", i)); err != nil {
			return err
		}
	}
	for i, h := range f.Topology.Hosts {
		if err := add(h.Address, fmt.Sprintf("topology.hosts[%d].address", i)); err != nil {
			return err
		}
	}
	for i, h := range f.Topology.Hosts {
		at := fmt.Sprintf("topology.hosts[%d].gateway", i)
		if first, taken := addresses.at[h.Gateway.String()]; taken {
			return f.errorAt(at, fmt.Sprintf("is %s, which is %s on line %d", h.Gateway, first, f.lines[first]),
				"an address of the switch that no host or group has")
		}
	}
	for i, h := range f.Topology.Hosts {
		if m := f.Topology.Management; m.IsValid() && m.Contains(h.Address) {
			return f.errorAt(fmt.Sprintf("topology.hosts[%d].address", i),
				fmt.Sprintf("is %s, which is in topology.management %s", h.Address, m), "an address behind the switches")
		}
	}
	return nil
}

// checkMACs finds Ethernet addresses that two machines would share.
func (f *File) checkMACs() *Error {
	macs := unique{f: f, what: "MAC address"}
	for i, s := range f.Topology.Switches {
		if err := macs.add(s.MAC.String(), fmt.Sprintf("topology.switches[%d].mac", i)); err != nil {
			return err
		}
	}
	for i, h := range f.Topology.Hosts {
		if err := macs.add(h.MAC.String(), fmt.Sprintf("topology.hosts[%d].mac", i)); err != nil {
			return err
		}
	}
	return nil
}

// checkRoles finds roles at addresses that no host of the topology has. The switches forward to hosts only, so a replica or an
// end-host sequencer elsewhere would be unreachable.
func (f *File) checkRoles() *Error {
	var first *Error
	at := func(a netip.Addr, expected, format string, args ...any) {
		if _, ok := f.HostAt(a); ok || first != nil {
			return
		}
		first = f.errorAt(fmt.Sprintf(format, args...), fmt.Sprintf("is at %s, which no host of the topology has", a), expected)
	}
	const host = "the address of one of topology.hosts"
	for i, g := range f.Groups {
		for j, r := range g.Replicas {
			at(r.Address.Addr(), host, "groups[%d].replicas[%d].address", i, j)
		}
	}
	for i, s := range f.Sequencers {
		if s.Kind == KindUDP {
			at(s.Data.Addr(), host, "sequencers[%d].data", i)
		}
	}
	for i, c := range f.Controllers {
		if a := c.Address.Addr(); !f.Topology.Management.IsValid() || !f.Topology.Management.Contains(a) {
			at(a, host+", or one in topology.management", "controllers[%d].address", i)
		}
	}
	return first
}
