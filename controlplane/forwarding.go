package controlplane

import (
	"encoding/binary"
	"net/netip"
	"slices"
)

// Hop is where a switch sends a packet: through which port, to which machine's MAC address.
type Hop struct {
	Port uint16
	MAC  MAC
}

// Forwarding is what one switch shall do, the sequence entries apart. It never changes once it is made.
type Forwarding struct {
	Switch int               // index in Topology.Switches
	Routes map[uint32]Hop    // by the host's IPv4 address
	Groups []GroupForwarding // in the order of the configuration
}

// GroupForwarding is what one switch shall do with a group's packets.
type GroupForwarding struct {
	// Undecided: the controller does not know yet which sequencer serves the group. What is installed
	// may be right and stays.
	Undecided bool
	// Sequences: the switch is the group's sequencer, or about to become it. What it does with unstamped
	// packets is the business of EffectInstall and EffectRemove.
	Sequences bool
	// ToSequencer is the way of unstamped packets; nil: they are not forwarded.
	ToSequencer *Hop
	// Copies are those of the switch in the group's tree; none: stamped packets are not forwarded.
	Copies []Copy
	// Shrink: of Copies only those are wanted that are installed already. So a tree loses what it has to
	// lose everywhere before it gains anything anywhere: two trees together may hold a circle.
	Shrink bool
}

func (f *Forwarding) equal(other *Forwarding) bool {
	return f.Switch == other.Switch && equalMaps(f.Routes, other.Routes) &&
		slices.EqualFunc(f.Groups, other.Groups, GroupForwarding.equal)
}

func equalMaps[K, V comparable](a, b map[K]V) bool {
	if len(a) != len(b) {
		return false
	}
	for k, v := range a {
		if w, there := b[k]; !there || v != w {
			return false
		}
	}
	return true
}

func (g GroupForwarding) equal(other GroupForwarding) bool {
	return g.Undecided == other.Undecided && g.Sequences == other.Sequences && g.Shrink == other.Shrink &&
		slices.Equal(g.Copies, other.Copies) &&
		(g.ToSequencer == nil) == (other.ToSequencer == nil) &&
		(g.ToSequencer == nil || *g.ToSequencer == *other.ToSequencer)
}

// routes returns the host routes of a switch.
func (p *paths) routes(from int) map[uint32]Hop {
	routes := make(map[uint32]Hop, len(p.topo.Hosts))
	for _, h := range p.topo.Hosts {
		address := addressNumber(h.Addr)
		if h.At.Switch == from {
			routes[address] = Hop{Port: h.At.Number, MAC: h.MAC}
		} else if n, ok := p.hop(from, h.At.Switch, address); ok {
			routes[address] = p.hopOver(n)
		}
	}
	return routes
}

// toSequencer returns the way from a switch to the sequencer of a group; nil: there is none.
func (p *paths) toSequencer(from, root int, group uint32) *Hop {
	n, ok := p.hop(from, root, group)
	if !ok {
		return nil
	}
	hop := p.hopOver(n)
	return &hop
}

func (p *paths) hopOver(n neighbour) Hop {
	return Hop{Port: n.port, MAC: p.topo.Switches[n.to].MAC}
}

// addressNumber is an IPv4 address as the match field of a table.
func addressNumber(a netip.Addr) uint32 {
	b := a.As4()
	return binary.BigEndian.Uint32(b[:])
}
