package main

import (
	"encoding/binary"
	"net/netip"
	"path/filepath"

	"github.com/netordered/nopaxos/cluster"
	"github.com/netordered/nopaxos/cluster/limits"
	"github.com/netordered/nopaxos/controlplane"
	"github.com/netordered/nopaxos/controlplane/fabric"
	"github.com/netordered/nopaxos/controlplane/failover"
	"github.com/netordered/nopaxos/p4src"
)

// controllerConfig is what the cluster file says to its controller.
func controllerConfig(f *cluster.File) (controlplane.Config, error) {
	self := f.Controllers[0]
	keys, err := f.Keys()
	if err != nil {
		return controlplane.Config{}, err
	}
	config := controlplane.Config{
		StorePath: filepath.Join(f.Resolve(self.Dir), sessionStore),
		TokenKey:  keys.Token,
		Addr:      self.Address.String(),
		Timing:    controllerTiming(f.Timing),
	}
	for _, g := range f.Groups {
		group := controlplane.Group{Number: g.Number(), Name: g.Name, F: g.F}
		for _, m := range g.Replicas {
			group.Replicas = append(group.Replicas, m.Address)
		}
		config.Groups = append(config.Groups, group)
	}
	trusted := make(map[netip.Addr]bool)
	for _, s := range f.Sequencers {
		if s.Kind != cluster.KindUDP {
			config.Sequencers = append(config.Sequencers, controlplane.Sequencer{Name: s.Name, Switch: true})
			continue
		}
		trusted[s.Data.Addr()] = true
		config.Sequencers = append(config.Sequencers, controlplane.Sequencer{
			Name: s.Name, P4RuntimeAddr: s.P4Runtime.String(), DeviceID: s.DeviceID, DataAddr: s.Data,
		})
	}
	config.Topology, err = topology(f, trusted)
	return config, err
}

// controllerTiming is how the controller waits for replicas that wait as t says. A replica repeats its report about once
// in SuspectSequencer, in its own rhythm: those about one failure have to count together.
func controllerTiming(t limits.Timing) failover.Timing {
	return failover.Timing{ReportWindow: max(failover.DefaultTiming().ReportWindow, 2*t.SuspectSequencer)}
}

// topology returns the cluster file's network with switches as numbers, and with their programs; nil if there
// is none. trusted has the hosts that may send stamped packets.
func topology(f *cluster.File, trusted map[netip.Addr]bool) (*fabric.Topology, error) {
	if f.Topology == nil {
		return nil, nil
	}
	t := &fabric.Topology{Probe: f.Topology.Probe}
	number := make(map[string]int)
	for i, s := range f.Topology.Switches {
		program, err := f.DeviceConfig(i)
		if err != nil {
			return nil, err
		}
		if program == nil {
			program = p4src.BMv2Config()
		}
		number[s.Name] = i
		t.Switches = append(t.Switches, fabric.Switch{
			Name: s.Name, P4RuntimeAddr: s.P4Runtime.String(), DeviceID: s.DeviceID, MAC: mac(s.MAC), DeviceConfig: program,
			// A Tofino numbers the controller's port otherwise than the tables do.
			Probes: s.Kind == cluster.KindBMv2,
		})
	}
	port := func(p cluster.Port) fabric.Port {
		return fabric.Port{Switch: number[p.Switch], Number: p.Port}
	}
	for _, l := range f.Topology.Links {
		t.Links = append(t.Links, fabric.Link{A: port(l.A), B: port(l.B)})
	}
	for _, h := range f.Topology.Hosts {
		t.Hosts = append(t.Hosts, fabric.Host{
			Name: h.Name, Addr: h.Address, MAC: mac(h.MAC), At: port(h.Port), Gateway: h.Gateway, Trusted: trusted[h.Address],
		})
	}
	return t, nil
}

func mac(m cluster.MAC) fabric.MAC {
	return fabric.MAC(binary.BigEndian.Uint64(append([]byte{0, 0}, m[:]...)))
}
