package fabric

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
	"time"
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
	MAC           MAC    // source address of its packets, and its answer to ARP for a gateway
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

// Ends returns both ends of a link.
func (l Link) Ends() [2]Port { return [2]Port{l.A, l.B} }

// Host is a machine at a switch.
type Host struct {
	Name    string
	Addr    netip.Addr // IPv4
	MAC     MAC
	At      Port
	Gateway netip.Addr // the switch answers ARP for it; zero: the host has a static neighbour
	Trusted bool       // an end-host sequencer: stamped packets from it are forwarded
}

// Neighbour is a link as seen from one of its switches.
type Neighbour struct {
	Port   uint16
	Switch int // at the other end
	link   int // index in Topology.Links
}

// Neighbours returns, by switch, where its links lead, in the order of the links.
func (t *Topology) Neighbours() [][]Neighbour {
	n := make([][]Neighbour, len(t.Switches))
	for i, l := range t.Links {
		n[l.A.Switch] = append(n[l.A.Switch], Neighbour{l.A.Number, l.B.Switch, i})
		n[l.B.Switch] = append(n[l.B.Switch], Neighbour{l.B.Number, l.A.Switch, i})
	}
	return n
}

// LinkName returns a link as the cluster file writes it.
func (t *Topology) LinkName(i int) string {
	name := func(p Port) string { return fmt.Sprintf("%s/%d", t.Switches[p.Switch].Name, p.Number) }
	return name(t.Links[i].A) + " - " + name(t.Links[i].B)
}

// LinkAt returns the link at a port, and which end of it the port is; -1: the port has no link.
func (t *Topology) LinkAt(p Port) (link, end int) {
	for i, l := range t.Links {
		for end, at := range l.Ends() {
			if at == p {
				return i, end
			}
		}
	}
	return -1, 0
}

// Probed reports whether a link is probed.
func (t *Topology) Probed(link int) bool {
	l := t.Links[link]
	return t.Probe > 0 && t.Switches[l.A.Switch].Probes && t.Switches[l.B.Switch].Probes
}

// OUMPort is the UDP port at a group's address that senders send to when a switch sequences. Switches go by the address
// and the OUM header; the port helps people who read packet dumps.
const OUMPort = 9797

// The addresses of probes are link-local (RFC 3927), so no router forwards them: 169.254.1.0 to 169.254.254.255, two
// for each link.
const (
	firstProbeAddr = 169<<24 | 254<<16 | 1<<8
	maxProbedLinks = 254 << 8 / 2
)

// ProbeAddr returns the address, as a group number, of the probes that leave a link's end and return to it.
func ProbeAddr(link, end int) uint32 { return uint32(firstProbeAddr + 2*link + end) }

// HostAt returns the host with address a, or nil.
func (t *Topology) HostAt(a netip.Addr) *Host {
	for i := range t.Hosts {
		if t.Hosts[i].Addr == a {
			return &t.Hosts[i]
		}
	}
	return nil
}

// SwitchNamed returns the index of the switch of that name, or -1.
func (t *Topology) SwitchNamed(name string) int {
	return slices.IndexFunc(t.Switches, func(s Switch) bool { return s.Name == name })
}

// AddressNumber returns an IPv4 address as a table's match field has it.
func AddressNumber(a netip.Addr) uint32 {
	b := a.As4()
	return binary.BigEndian.Uint32(b[:])
}
