package controlplane

import (
	"fmt"
	"log/slog"
	"net/netip"

	"github.com/netordered/nopaxos/p4src"
	"github.com/netordered/nopaxos/replica/wire"
)

// Config is what a controller is told at its start.
type Config struct {
	Groups     []Group
	Topology   *Topology   // the switches; nil: there are none
	Sequencers []Sequencer // in failover order
	StorePath  string      // file of the durable session numbers
	TokenKey   []byte      // key of the session tokens
	Addr       string      // "host:port" of the gRPC service
	Timing     Timing
	Logger     *slog.Logger // nil: nothing is logged
}

// Group is a replicated service.
type Group struct {
	Number   uint32 // its virtual IPv4 address, see oumlib.GroupNumber
	Name     string
	F        int // failures tolerated
	Replicas []Replica
}

// Replica is a member of a group.
type Replica struct {
	Addr netip.AddrPort // IPv4; where the sequencer sends stamped messages
}

// Sequencer is a P4Runtime target that can order the groups' messages.
type Sequencer struct {
	Name          string
	Switch        bool           // it is the switch of that name in the topology, which says the rest
	P4RuntimeAddr string         // "host:port"
	DeviceID      uint64         // P4Runtime device id
	DataAddr      netip.AddrPort // where senders send to; of a switch: each group's address, OUMPort
	DeviceConfig  []byte         // the compiled program of a switch; nil for an end host
}

// OUMPort is the UDP port at a group's address that senders send to when the sequencer is a switch. The
// switch goes by the address and the OUM header; the port is for those who look at packets.
const OUMPort = 9797

// copiesPerGroup is how many copy numbers (egress_rid, 16 bits, over MaxGroups groups) each group has.
const copiesPerGroup = (1 << 16) / p4src.MaxGroups

// The first copy number of a group is no replica's: the largest group fits the others.
const _ uint = copiesPerGroup - 1 - wire.MaxReplicas

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
			if !r.Addr.Addr().Is4() || r.Addr.Port() == 0 {
				return fmt.Errorf("controlplane: group %s: replica %d has address %v, expected an IPv4 address and a port", g.Name, i, r.Addr)
			}
		}
	}
	if c.Topology != nil {
		if err := c.Topology.validate(c.Groups); err != nil {
			return err
		}
	}
	names := make(map[string]bool, len(c.Sequencers))
	for _, s := range c.Sequencers {
		switch {
		case s.Name == "" || names[s.Name]:
			return fmt.Errorf("controlplane: sequencer name %q is empty or there twice", s.Name)
		case s.Switch && (c.Topology == nil || c.Topology.switchNamed(s.Name) < 0):
			return fmt.Errorf("controlplane: sequencer %s is no switch of the topology", s.Name)
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

// targets returns everything that the controller programs: the sequencers, in failover order, and behind
// them the other switches. switches has the switch of each, or -1.
func (c Config) targets() (targets []Sequencer, switches []int) {
	ofSwitch := func(i int) Sequencer {
		s := c.Topology.Switches[i]
		return Sequencer{Name: s.Name, Switch: true, P4RuntimeAddr: s.P4RuntimeAddr, DeviceID: s.DeviceID, DeviceConfig: s.DeviceConfig}
	}
	used := make(map[int]bool)
	for _, s := range c.Sequencers {
		i := -1
		if s.Switch {
			i = c.Topology.switchNamed(s.Name)
			s, used[i] = ofSwitch(i), true
		}
		targets, switches = append(targets, s), append(switches, i)
	}
	if c.Topology != nil {
		for i := range c.Topology.Switches {
			if !used[i] {
				targets, switches = append(targets, ofSwitch(i)), append(switches, i)
			}
		}
	}
	return targets, switches
}

// dataAddr is where senders of a group send to while s is its sequencer.
func (s Sequencer) dataAddr(group uint32) netip.AddrPort {
	if s.Switch {
		return netip.AddrPortFrom(addrOf(group), OUMPort)
	}
	return s.DataAddr
}
