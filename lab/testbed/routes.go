package testbed

import (
	"slices"

	"github.com/netordered/nopaxos/cluster"
)

// nextHops returns the ports of a switch with a shortest path to another switch, in the order of the links.
func (p *Plan) nextHops(from, to string) []cluster.Port {
	distance := p.distances(to)
	var ports []cluster.Port
	for _, l := range p.Topology.Links {
		for _, end := range [][2]cluster.Port{{l.A, l.B}, {l.B, l.A}} {
			if end[0].Switch == from && distance[end[1].Switch] == distance[from]-1 {
				ports = append(ports, end[0])
			}
		}
	}
	return ports
}

// distances returns the number of links from every switch to one of them.
func (p *Plan) distances(to string) map[string]int {
	distance := map[string]int{to: 0}
	for queue := []string{to}; len(queue) > 0; queue = queue[1:] {
		for _, next := range p.neighbours(queue[0]) {
			if _, seen := distance[next]; !seen {
				distance[next] = distance[queue[0]] + 1
				queue = append(queue, next)
			}
		}
	}
	return distance
}

func (p *Plan) neighbours(of string) []string {
	var names []string
	for _, l := range p.Topology.Links {
		switch of {
		case l.A.Switch:
			names = append(names, l.B.Switch)
		case l.B.Switch:
			names = append(names, l.A.Switch)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
