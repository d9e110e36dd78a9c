package controlplane

import (
	"fmt"
	"log/slog"
	"net/netip"

	"github.com/netordered/nopaxos/controlplane/fabric"
	"github.com/netordered/nopaxos/controlplane/failover"
	"github.com/netordered/nopaxos/oumlib"
	"github.com/netordered/nopaxos/p4src"
	"github.com/netordered/nopaxos/replica/wire"
)

// Config configures a Controller.
type Config struct {
	Groups     []Group
	Topology   *fabric.Topology // the switches; nil: there are none
	Sequencers []Sequencer      // in failover order
	StorePath  string           // file of the durable session numbers
	TokenKey   []byte           // key of the session tokens
	Addr       string           // "host:port" of the gRPC service
	Timing     failover.Timing
	Logger     *slog.Logger // nil: no logging
}

// Group is a replicated service.
type Group struct {
	Number   uint32 // its virtual IPv4 address, see oumlib.GroupNumber
	Name     string
	F        int              // failures tolerated
	Replicas []netip.AddrPort // IPv4; where the sequencer sends stamped messages
}

// Sequencer is a P4Runtime target that can order the groups' messages.
type Sequencer struct {
	Name          string
	Switch        bool           // it is the switch of that name in the topology, which has the other fields
	P4RuntimeAddr string         // "host:port"
	DeviceID      uint64         // P4Runtime device id
	DataAddr      netip.AddrPort // where senders send to
}

func (c Config) validate() error {
	if len(c.Sequencers) == 0 {
		return fmt.Errorf("controlplane: no sequencers, expected at least one")
	}
	if len(c.Groups) == 0 || len(c.Groups) > p4src.MaxGroups {
		return fmt.Errorf("controlplane: %d groups, expected 1 to %d", len(c.Groups), p4src.MaxGroups)
	}
	for _, g := range c.Groups {
		if len(g.Replicas) > wire.MaxReplicas {
			return fmt.Errorf("controlplane: group %s has %d replicas, expected at most %d", g.Name, len(g.Replicas), wire.MaxReplicas)
		}
		for i, r := range g.Replicas {
			if !r.Addr().Is4() || r.Port() == 0 {
				return fmt.Errorf("controlplane: group %s: replica %d has address %v, expected an IPv4 address and a port", g.Name, i, r)
			}
		}
	}
	if c.Topology != nil {
		if err := c.Topology.Validate(c.fabricGroups()); err != nil {
			return err
		}
	}
	names := make(map[string]bool, len(c.Sequencers))
	for _, s := range c.Sequencers {
		switch {
		case s.Name == "" || names[s.Name]:
			return fmt.Errorf("controlplane: sequencer name %q is empty or a duplicate", s.Name)
		case s.Switch && (c.Topology == nil || c.Topology.SwitchNamed(s.Name) < 0):
			return fmt.Errorf("controlplane: sequencer %s is not a switch of the topology", s.Name)
		case s.Switch:
		case s.P4RuntimeAddr == "":
			return fmt.Errorf("controlplane: sequencer %s has no P4Runtime address", s.Name)
		case !s.DataAddr.IsValid():
			return fmt.Errorf("controlplane: sequencer %s has no data address", s.Name)
		}
		names[s.Name] = true
	}
	return nil
}

func (c Config) fabricGroups() []fabric.Group {
	groups := make([]fabric.Group, len(c.Groups))
	for i, g := range c.Groups {
		groups[i] = fabric.Group{Number: g.Number, Name: g.Name, Replicas: g.Replicas}
	}
	return groups
}

// switches returns the switch of every target, or fabric.None: first of the sequencers, in failover order, then the
// other switches.
func (c Config) switches() (switches []int) {
	used := make(map[int]bool)
	for _, s := range c.Sequencers {
		sw := fabric.None
		if s.Switch {
			sw = c.Topology.SwitchNamed(s.Name)
			used[sw] = true
		}
		switches = append(switches, sw)
	}
	if c.Topology != nil {
		for sw := range c.Topology.Switches {
			if !used[sw] {
				switches = append(switches, sw)
			}
		}
	}
	return switches
}

// addrOf returns the virtual address of a group.
func addrOf(group uint32) netip.Addr { return netip.AddrFrom4(oumlib.GroupAddress(group)) }
