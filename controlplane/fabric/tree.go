package fabric

import (
	"cmp"
	"slices"
)

// Copy is one copy that a switch makes of a stamped packet of a group.
type Copy struct {
	Port    uint16
	Replica int // index in the group; -1: relayed to the next switch, still addressed to the group
}

const relayed = -1

// Relayed reports whether the copy goes to the next switch.
func (c Copy) Relayed() bool { return c.Replica == relayed }

func compareCopies(a, b Copy) int {
	return cmp.Or(cmp.Compare(a.Port, b.Port), cmp.Compare(a.Replica, b.Replica))
}

// tree has, by switch, the copies of a group's stamped packets that start at one switch. At most one other switch
// relays to each, so no packet arrives twice or circles.
type tree [][]Copy

func (t tree) equal(other tree) bool {
	return slices.EqualFunc(t, other, func(a, b []Copy) bool { return slices.Equal(a, b) })
}

// ground is where the tree of a group may grow.
type ground struct {
	root  int
	enter []bool   // by switch: copies may lead there
	relay []bool   // by switch: it may relay copies to other switches
	fixed [][]Copy // by switch: the copies that it makes under any tree; nil: those of the tree
	from  []int    // by switch: the one with fixed copies that lead there; -1: none
}

// allows reports whether a tree may lead from a switch to a neighbour.
func (g *ground) allows(s int, n Neighbour) bool {
	return g.enter[n.Switch] && (s == g.root || g.relay[s]) &&
		(g.fixed[s] == nil || slices.Contains(g.fixed[s], Copy{Port: n.Port, Replica: relayed})) &&
		(g.from[n.Switch] < 0 || g.from[n.Switch] == s)
}

// treeFrom makes the tree to the hosts of a group's replicas, and returns how far from the root each switch is. The
// tree stays on the ground and leaves out replicas that are out of reach there. It uses a cut link where no other path
// leads.
//
// Unlike a route, a tree must not try its luck with a switch that the controller cannot program: that switch may still
// relay along an older tree, and two trees together may hold a circle, in which every packet is copied endlessly.
func (p *paths) treeFrom(on *ground, group uint32, hosts []*Host) (t tree, distance []int) {
	t = make(tree, len(p.topo.Switches))
	inside := make([]bool, len(t)) // a copy leads there, or it is the root
	inside[on.root] = true
	distance = p.nearestFirst(on.root, func(distance []int, s int) {
		for _, n := range p.neighbours[s] {
			if on.allows(s, n) {
				distance[n.Switch] = min(distance[n.Switch], distance[s]+p.linkCost(n))
			}
		}
	})
	for i, h := range hosts {
		s := h.At.Switch
		if distance[s] == unreachable {
			continue
		}
		t[s] = append(t[s], Copy{Port: h.At.Number, Replica: i})
		for !inside[s] {
			inside[s] = true
			up := p.parent(on, s, group, distance)
			t[up.Switch] = append(t[up.Switch], Copy{Port: up.Number, Replica: relayed})
			s = up.Switch
		}
	}
	for _, copies := range t {
		slices.SortFunc(copies, compareCopies)
	}
	return t, distance
}

// parent returns the port that leads to s on a shortest path from the root. Among several the group chooses.
func (p *paths) parent(on *ground, s int, group uint32, distance []int) Port {
	var equal []Port
	for _, n := range p.neighbours[s] {
		up := otherEnd(p.topo.Links[n.link], s, n.Port)
		down := Neighbour{Port: up.Number, Switch: s, link: n.link}
		if distance[n.Switch] < unreachable && distance[n.Switch]+p.linkCost(n) == distance[s] && on.allows(n.Switch, down) {
			equal = append(equal, up)
		}
	}
	return equal[spread(s, group)%uint32(len(equal))]
}

// otherEnd returns the end of a link that is not port number of switch s.
func otherEnd(l Link, s int, number uint16) Port {
	if l.A == (Port{s, number}) {
		return l.B
	}
	return l.A
}
