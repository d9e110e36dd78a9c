package testbed

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/netordered/nopaxos/cluster"
)

// cast writes the cluster file: who listens where. Roots are the switches that may sequence.
func (p *Plan) cast(c Config, roots []string) {
	at := func(role string, port uint16) netip.AddrPort {
		h, _ := p.Host(role) // attach has made it
		return netip.AddrPortFrom(h.Address, port)
	}
	f := &cluster.File{Name: "testbed", MTU: payloadBytes}
	controller := controllerOnManagement
	if c.Switch == cluster.KindUDP {
		controller = at("controller-0", 0).Addr()
		for i := range c.Sequencers {
			role := fmt.Sprintf("sequencer-%d", i)
			f.Sequencers = append(f.Sequencers, cluster.Sequencer{
				Name: role, Kind: cluster.KindUDP, DeviceID: uint64(i + 1),
				P4Runtime: at(role, portP4Runtime), Data: at(role, portOUM), HTTP: at(role, portSequencerHTTP),
			})
		}
	} else {
		p.Topology.Management, p.Topology.Probe = management, c.Probe
		f.Topology, f.Timing = &p.Topology, softwareSwitches
		for _, root := range roots {
			f.Sequencers = append(f.Sequencers, cluster.Sequencer{Name: root, Kind: c.Switch})
		}
	}
	f.Controllers = []cluster.Controller{{
		Address: netip.AddrPortFrom(controller, portController), HTTP: netip.AddrPortFrom(controller, portControllerHTTP),
		Dir: "controller-0",
	}}
	g := cluster.Group{Name: group, Address: groupAddress, F: (c.Replicas - 1) / 2}
	for i := range c.Replicas {
		role := fmt.Sprintf("replica-%d", i)
		g.Replicas = append(g.Replicas, cluster.Replica{
			Address: at(role, portReplica), Bulk: at(role, portReplica), HTTP: at(role, portReplicaHTTP), Dir: role,
		})
	}
	f.Groups = []cluster.Group{g}
	for i := range c.FrontEnds {
		role := fmt.Sprintf("kv-%d", i)
		f.KV = append(f.KV, cluster.KV{RESP: at(role, portRESP), Group: group, HTTP: at(role, portRESPHTTP)})
	}
	p.Cluster = f
}

// softwareSwitches are the protocol's intervals where every packet goes through several BMv2 processes, all
// of them on one machine: some ten times the defaults, so that what is slow is not taken for dead, and what
// an idle group says does not keep the switches busy.
var softwareSwitches = cluster.Timing{
	Tick:             20 * time.Millisecond,
	TickMax:          100 * time.Millisecond,
	Ping:             50 * time.Millisecond,
	SuspectLeader:    500 * time.Millisecond,
	SuspectSequencer: 400 * time.Millisecond,
	ViewChange:       500 * time.Millisecond,
	Retransmit:       50 * time.Millisecond,
	Grace:            5 * time.Millisecond,
	GapBound:         100 * time.Millisecond,
	SyncInterval:     50 * time.Millisecond,
}
