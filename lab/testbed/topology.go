package testbed

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/netordered/nopaxos/cluster"
)

// single adds one switch, for all hosts.
func (p *Plan) single(kind string) (edges []string) {
	p.addSwitch("s1", kind)
	return []string{"s1"}
}

// fatTree adds k pods of k/2 edge and k/2 aggregation switches each, and (k/2)² core switches; core number c
// has a link to aggregation switch c/(k/2) of every pod. With k = 2 there would be only one core and no
// alternative when it fails, so there are two, at the one aggregation switch of each pod. Edge switches have
// as many hosts as necessary.
func (p *Plan) fatTree(kind string, k int) (edges, cores []string) {
	half := k / 2
	perGroup := max(half, 2) // cores at one aggregation switch
	for c := range half * perGroup {
		cores = append(cores, p.addSwitch(fmt.Sprintf("c%d", c), kind))
	}
	for pod := range k {
		var aggregation []string
		for a := range half {
			name := p.addSwitch(fmt.Sprintf("a%d-%d", pod, a), kind)
			aggregation = append(aggregation, name)
			for _, core := range cores[a*perGroup : (a+1)*perGroup] {
				p.connect(core, name)
			}
		}
		for e := range half {
			name := p.addSwitch(fmt.Sprintf("e%d-%d", pod, e), kind)
			for _, a := range aggregation {
				p.connect(a, name)
			}
		}
	}
	for e := range half { // consecutive edges are in different pods
		for pod := range k {
			edges = append(edges, fmt.Sprintf("e%d-%d", pod, e))
		}
	}
	return edges, cores
}

// addSwitch adds a switch. Only a P4 switch uses the P4Runtime address.
func (p *Plan) addSwitch(name, kind string) string {
	n := len(p.Topology.Switches) + 1
	p.Topology.Switches = append(p.Topology.Switches, cluster.Switch{
		Name: name, Kind: kind, DeviceID: uint64(n),
		P4Runtime: netip.AddrPortFrom(switchOnManagement(n), portP4Runtime),
		MAC:       cluster.MAC{0x02, 0, 0, 0, 2, byte(n)},
	})
	return name
}

// linkOf returns the first link of a core switch, to the pod of the first replica.
func (p *Plan) linkOf(core string) (cluster.Link, error) {
	i := slices.IndexFunc(p.Topology.Links, func(l cluster.Link) bool { return l.A.Switch == core })
	if i < 0 {
		return cluster.Link{}, fmt.Errorf("no link to cut: the sequencer is %q, expected a core switch", core)
	}
	return p.Topology.Links[i], nil
}

func (p *Plan) connect(a, b string) {
	ends := cluster.Link{A: p.freePort(a), B: p.freePort(b)}
	p.Topology.Links = append(p.Topology.Links, ends)
}
