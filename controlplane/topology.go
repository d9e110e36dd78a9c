package controlplane

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/netordered/nopaxos/p4src"
)

// MAC is a 48-bit Ethernet address, in the low bits.
type MAC uint64

// Topology is the network of switches between the hosts. It never changes.
type Topology struct {
	Switches []Switch
	Links    []Link
	Hosts    []Host
	Probe    time.Duration // between two probes of a link; 0: links are not probed
}

// Switch is a P4Runtime target that forwards between hosts, and may be a sequencer too.
type Switch struct {
	Name          string
	P4RuntimeAddr string // "host:port"
	DeviceID      uint64 // P4Runtime device id
	MAC           MAC    // source of what it sends, and its answer to ARP for a gateway
	DeviceConfig  []byte // the compiled program, in the form that the target's P4Runtime server takes
	Probes        bool   // its links are probed: an entry can lead to the controller, through p4src.CPUPort
}

// Port is a port of a switch.
type Port struct {
	Switch int // index in Topology.Switches
	Number uint16
}

// Link is a cable between two switches.
type Link struct{ A, B Port }

// ends returns both ends of a link.
func (l Link) ends() [2]Port { return [2]Port{l.A, l.B} }

// Host is a machine at a switch.
type Host struct {
	Name    string
	Addr    netip.Addr // IPv4
	MAC     MAC
	At      Port
	Gateway netip.Addr // the switch answers ARP for it; zero: the host has a static neighbour
	Trusted bool       // an end-host sequencer: stamped packets from it are forwarded
}

// maxDiameter bounds the hops between two switches: a request passes two such paths, and the usual TTL
// is 64.
const maxDiameter = 30

// neighbour is a cable as seen from one of its switches.
type neighbour struct {
	port uint16
	to   int // switch
	link int // index in Topology.Links
}

// neighbours returns, by switch, where its cables lead, in the order of the links.
func (t *Topology) neighbours() [][]neighbour {
	n := make([][]neighbour, len(t.Switches))
	for i, l := range t.Links {
		n[l.A.Switch] = append(n[l.A.Switch], neighbour{l.A.Number, l.B.Switch, i})
		n[l.B.Switch] = append(n[l.B.Switch], neighbour{l.B.Number, l.A.Switch, i})
	}
	return n
}

// linkName is a link as the cluster file writes it.
func (t *Topology) linkName(i int) string {
	name := func(p Port) string { return fmt.Sprintf("%s/%d", t.Switches[p.Switch].Name, p.Number) }
	return name(t.Links[i].A) + " - " + name(t.Links[i].B)
}

// linkAt returns the link at a port, and which end of it that is; -1: none.
func (t *Topology) linkAt(p Port) (link, end int) {
	for i, l := range t.Links {
		for end, at := range l.ends() {
			if at == p {
				return i, end
			}
		}
	}
	return -1, 0
}

// probed reports whether a link is probed.
func (t *Topology) probed(link int) bool {
	l := t.Links[link]
	return t.Probe > 0 && t.Switches[l.A.Switch].Probes && t.Switches[l.B.Switch].Probes
}

// hostAt returns the host with that address, or nil.
func (t *Topology) hostAt(a netip.Addr) *Host {
	for i := range t.Hosts {
		if t.Hosts[i].Addr == a {
			return &t.Hosts[i]
		}
	}
	return nil
}

// switchNamed returns the index of the switch of that name, or -1.
func (t *Topology) switchNamed(name string) int {
	for i := range t.Switches {
		if t.Switches[i].Name == name {
			return i
		}
	}
	return -1
}

// validate finds what the compilation cannot work with. The cluster file's reader has found most of it
// before, with a line number.
func (t *Topology) validate(groups []Group) error {
	ports := make(map[Port]bool)
	plug := func(what string, p Port) error {
		if p.Switch < 0 || p.Switch >= len(t.Switches) || p.Number == 0 || ports[p] {
			return fmt.Errorf("controlplane: %s is at port %d of switch %d, expected a free port of a switch", what, p.Number, p.Switch)
		}
		ports[p] = true
		return nil
	}
	for i, l := range t.Links {
		for _, end := range l.ends() {
			if err := plug(fmt.Sprintf("link %d", i), end); err != nil {
				return err
			}
		}
	}
	for _, h := range t.Hosts {
		if err := plug("host "+h.Name, h.At); err != nil {
			return err
		}
		if !h.Addr.Is4() || h.Addr.IsLinkLocalUnicast() {
			return fmt.Errorf("controlplane: host %s has address %v, expected an IPv4 address that is not link-local, as those of probes are", h.Name, h.Addr)
		}
	}
	if err := t.validateProbes(len(groups)); err != nil {
		return err
	}
	for _, g := range groups {
		if addrOf(g.Number).IsLinkLocalUnicast() {
			return fmt.Errorf("controlplane: group %s has address %v, expected one that is not link-local, as those of probes are", g.Name, addrOf(g.Number))
		}
		if h := t.hostAt(addrOf(g.Number)); h != nil {
			return fmt.Errorf("controlplane: group %s has address %v, expected one that host %s has not", g.Name, h.Addr, h.Name)
		}
		for i, r := range g.Replicas {
			if t.hostAt(r.Addr.Addr()) == nil {
				return fmt.Errorf("controlplane: group %s: replica %d is at %v, expected the address of a host of the topology", g.Name, i, r.Addr)
			}
		}
	}
	return t.validatePaths()
}

// validateProbes finds more links than there are addresses for their probes, and switches with more of them than
// there is room for beside the groups.
func (t *Topology) validateProbes(groups int) error {
	if len(t.Links) > maxProbedLinks {
		return fmt.Errorf("controlplane: %d links, expected at most %d", len(t.Links), maxProbedLinks)
	}
	for s, n := range t.neighbours() {
		if most := p4src.MaxGroups - groups; t.Probe > 0 && t.Switches[s].Probes && len(n) > most {
			return fmt.Errorf("controlplane: switch %s has %d links that are probed, expected at most %d beside %d groups",
				t.Switches[s].Name, len(n), most, groups)
		}
	}
	return nil
}

// validatePaths finds switches that are too far from each other, or not connected.
func (t *Topology) validatePaths() error {
	p := newPaths(t, newHealth(t))
	for a := range t.Switches {
		for b := range t.Switches {
			if d := p.distance[b][a]; d > maxDiameter {
				return fmt.Errorf("controlplane: switches %s and %s are not connected by at most %d links",
					t.Switches[a].Name, t.Switches[b].Name, maxDiameter)
			}
		}
	}
	return nil
}
