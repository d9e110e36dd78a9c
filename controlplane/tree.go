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

func compareCopies(a, b Copy) int {
	return cmp.Or(cmp.Compare(a.Port, b.Port), cmp.Compare(a.Replica, b.Replica))
}

// tree has, by switch, the copies of a group's stamped packets that start at one switch. No switch has
// two others that relay to it, so nothing comes twice, and nothing in a circle.
type tree [][]Copy

func (t tree) equal(other tree) bool {
	return slices.EqualFunc(t, other, func(a, b []Copy) bool { return slices.Equal(a, b) })
}

// treeFrom makes the tree from root to the hosts of a group's replicas. It enters only switches that
// enter allows: replicas that are then out of reach are left out. It uses a link that is cut where there is
// no other way.
//
// Unlike a route, a tree must not try its luck with a switch that the controller cannot program: that
// switch may still relay along an older tree, and two trees together may hold a circle in which every
// packet is copied again and again.
func (p *paths) treeFrom(root int, group uint32, hosts []*Host, enter func(s int) bool) tree {
	t := make(tree, len(p.topo.Switches))
	relayed := make([]bool, len(t)) // a copy leads there, or it is the root
	relayed[root] = true
	distance := p.spanning(root, enter)
	for i, h := range hosts {
		s := h.At.Switch
		if distance[s] == unreachable {
			continue
		}
		t[s] = append(t[s], Copy{Port: h.At.Number, Replica: i})
		for !relayed[s] {
			relayed[s] = true
			up := p.parent(s, group, distance)
			t[up.Switch] = append(t[up.Switch], Copy{Port: up.Number, Replica: Relayed})
			s = up.Switch
		}
	}
	for _, copies := range t {
		slices.SortFunc(copies, compareCopies)
	}
	return t
}

// spanning returns, by switch, how far it is from root on ways that a tree may take.
func (p *paths) spanning(root int, enter func(s int) bool) []int {
	distance := make([]int, len(p.neighbours))
	for i := range distance {
		distance[i] = unreachable
	}
	distance[root] = 0
	done := make([]bool, len(distance))
	for s := root; s >= 0; s = nearest(distance, done) {
		done[s] = true
		if !p.relays(s, distance) {
			continue
		}
		for _, n := range p.neighbours[s] {
			if enter(n.to) {
				distance[n.to] = min(distance[n.to], distance[s]+p.linkCost(n))
			}
		}
	}
	return distance
}

// relays reports whether a switch may pass a tree's copies on: one that is not relied upon may be entered at
// most.
func (p *paths) relays(s int, distance []int) bool { return distance[s] == 0 || !p.health.down[s] }

// parent chooses the port that leads to s on a shortest way. Of several the group chooses.
func (p *paths) parent(s int, group uint32, distance []int) Port {
	var equal []Port
	for _, n := range p.neighbours[s] {
		if distance[n.to] < unreachable && distance[n.to]+p.linkCost(n) == distance[s] && p.relays(n.to, distance) {
			equal = append(equal, otherEnd(p.topo.Links[n.link], s, n.port))
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
