package fabric

import (
	"maps"
	"slices"
)

// Hop is where a switch sends a packet: through which port, to which machine's MAC address.
type Hop struct {
	Port uint16
	MAC  MAC
}

// Forwarding is the forwarding of one switch, apart from the sequence entries. It is immutable.
type Forwarding struct {
	Switch int               // index in Topology.Switches
	Routes map[uint32]Hop    // by the host's IPv4 address
	Groups []GroupForwarding // in the order of the configuration
}

// GroupForwarding is the forwarding of a group's packets.
type GroupForwarding struct {
	// Undecided: the controller does not know yet which sequencer serves the group. Installed entries may be right and
	// stay.
	Undecided bool
	// Sequences: the switch is the group's sequencer, or about to become it. Sequence entries, not ToSequencer, handle
	// unstamped packets.
	Sequences bool
	// ToSequencer is the way of unstamped packets; nil: they are not forwarded.
	ToSequencer *Hop
	// Copies are those of the switch in the group's tree; none: stamped packets are not forwarded.
	Copies []Copy
	// Shrink: the switch keeps those of Copies that it has, and gets none. A tree loses every copy that it has to lose
	// at all switches before it gains one at any: two trees together may hold a circle.
	Shrink bool
}

func (f *Forwarding) equal(other *Forwarding) bool {
	return f.Switch == other.Switch && maps.Equal(f.Routes, other.Routes) &&
		slices.EqualFunc(f.Groups, other.Groups, GroupForwarding.equal)
}

func (g GroupForwarding) equal(other GroupForwarding) bool {
	return g.Undecided == other.Undecided && g.Sequences == other.Sequences && g.Shrink == other.Shrink &&
		slices.Equal(g.Copies, other.Copies) &&
		(g.ToSequencer == nil) == (other.ToSequencer == nil) &&
		(g.ToSequencer == nil || *g.ToSequencer == *other.ToSequencer)
}
