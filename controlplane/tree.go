package controlplane

import (
	"cmp"
	"slices"
)

// Copy is one copy that a switch makes of a stamped packet of a group.
type Copy struct {
	Port    uint16
	Replica int // index in the group; Relayed: to the next switch, still addressed to the group
}

// Relayed is the Replica of a copy to the next switch.
const Relayed = -1

func (c Copy) relayed() bool { return c.Replica == Relayed }

func compareCopies(a, b Copy) int {
	return cmp.Or(cmp.Compare(a.Port, b.Port), cmp.Compare(a.Replica, b.Replica))
}

// tree has, by switch, the copies of a group's stamped packets that start at one switch. No switch has
// two others that relay to it, so nothing comes twice, and nothing in a circle.
type tree [][]Copy

func (t tree) equal(other tree) bool {
	return slices.EqualFunc(t, other, func(a, b []Copy) bool { return slices.Equal(a, b) })
}

// ground is where the tree of a group may grow.
type ground struct {
	root  int
	enter []bool   // by switch: copies may lead there
	relay []bool   // by switch: it may pass them on to others
	fixed [][]Copy // by switch: those it makes, whatever the tree is; nil: what it is told
	from  []int    // by switch: the one with fixed copies that lead there; -1: none
}

// allows reports whether a tree may lead from a switch to a neighbour.
func (g *ground) allows(s int, n neighbour) bool {
	return g.enter[n.to] && (s == g.root || g.relay[s]) &&
		(g.fixed[s] == nil || slices.Contains(g.fixed[s], Copy{Port: n.port, Replica: Relayed})) &&
		(g.from[n.to] < 0 || g.from[n.to] == s)
}

// treeFrom makes the tree to the hosts of a group's replicas, and says how far from the root each switch is. It keeps
// to the ground: replicas that are then out of reach are left out. It uses a link that is cut where there is no
// other way.
//
// Unlike a route, a tree must not try its luck with a switch that the controller cannot program: that
// switch may still relay along an older tree, and two trees together may hold a circle in which every
// packet is copied again and again.
func (p *paths) treeFrom(on *ground, group uint32, hosts []*Host) (t tree, distance []int) {
	t = make(tree, len(p.topo.Switches))
	relayed := make([]bool, len(t)) // a copy leads there, or it is the root
	relayed[on.root] = true
	distance = p.spanning(on)
	for i, h := range hosts {
		s := h.At.Switch
		if distance[s] == unreachable {
			continue
		}
		t[s] = append(t[s], Copy{Port: h.At.Number, Replica: i})
		for !relayed[s] {
			relayed[s] = true
			up := p.parent(on, s, group, distance)
			t[up.Switch] = append(t[up.Switch], Copy{Port: up.Number, Replica: Relayed})
			s = up.Switch
		}
	}
	for _, copies := range t {
		slices.SortFunc(copies, compareCopies)
	}
	return t, distance
}

// spanning returns, by switch, how far it is from the root on ways that a tree may take.
func (p *paths) spanning(on *ground) []int {
	distance := make([]int, len(p.neighbours))
	for i := range distance {
		distance[i] = unreachable
	}
	distance[on.root] = 0
	done := make([]bool, len(distance))
	for s := on.root; s >= 0; s = nearest(distance, done) {
		done[s] = true
		for _, n := range p.neighbours[s] {
			if on.allows(s, n) {
				distance[n.to] = min(distance[n.to], distance[s]+p.linkCost(n))
			}
		}
	}
	return distance
}

// parent chooses the port that leads to s on a shortest way. Of several the group chooses.
func (p *paths) parent(on *ground, s int, group uint32, distance []int) Port {
	var equal []Port
	for _, n := range p.neighbours[s] {
		up := otherEnd(p.topo.Links[n.link], s, n.port)
		back := neighbour{port: up.Number, to: s, link: n.link}
		if distance[n.to] < unreachable && distance[n.to]+p.linkCost(n) == distance[s] && on.allows(n.to, back) {
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
