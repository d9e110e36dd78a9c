package testbed

import (
	"net/netip"
	"time"

	"github.com/netordered/nopaxos/cluster"
	"github.com/netordered/nopaxos/cluster/limits"
	"github.com/netordered/nopaxos/internal/devcluster"
)

// Every role has a host of its own, so a service has the same port everywhere.
var ports = map[devcluster.Service]uint16{
	devcluster.HTTP: 9601, devcluster.Watch: 9600, devcluster.P4Runtime: portP4Runtime, devcluster.Data: 9797,
	devcluster.Replicated: 9701, devcluster.RESP: 7379,
}

const portP4Runtime = 9559

// payloadBytes is the largest UDP payload: it fits Ethernet, with room for a tunnel's header.
const payloadBytes = 1400

// cast draws up the cluster file. Roots are the switches that may sequence.
func (p *Plan) cast(c Config, roots []string) (err error) {
	l := devcluster.Layout{
		Name: "testbed", MTU: payloadBytes, Replicas: c.Replicas, FrontEnds: c.FrontEnds,
		Address: func(role string, s devcluster.Service) (netip.AddrPort, error) {
			a := controllerOnManagement
			if h, ok := p.Host(role); ok {
				a = h.Address
			}
			return netip.AddrPortFrom(a, ports[s]), nil
		},
	}
	if c.Switch == cluster.KindUDP {
		l.Sequencers = c.Sequencers
	} else {
		l.Timing = softwareSwitches
	}
	if p.Cluster, err = l.File(); err != nil || c.Switch == cluster.KindUDP {
		return err
	}
	p.Topology.Management, p.Topology.Probe = management, c.Probe
	p.Cluster.Topology = &p.Topology
	for _, root := range roots {
		p.Cluster.Sequencers = append(p.Cluster.Sequencers, cluster.Sequencer{Name: root, Kind: c.Switch})
	}
	return nil
}

// softwareSwitches has the protocol's intervals for packets that pass several BMv2 processes on one machine:
// some ten times the defaults, so that a slow role is not suspected and an idle group's messages do not keep
// the switches busy.
var softwareSwitches = limits.Timing{
	TickInterval:     20 * time.Millisecond,
	TickMax:          100 * time.Millisecond,
	PingInterval:     50 * time.Millisecond,
	SuspectLeader:    500 * time.Millisecond,
	SuspectSequencer: 400 * time.Millisecond,
	ViewChange:       500 * time.Millisecond,
	Retransmit:       50 * time.Millisecond,
	Grace:            5 * time.Millisecond,
	GapBound:         100 * time.Millisecond,
	SyncInterval:     50 * time.Millisecond,
}
