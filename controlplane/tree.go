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

// replicas returns how many replicas the tree delivers to.
func (t tree) replicas() (n int) {
	for _, copies := range t {
		for _, c := range copies {
			if c.Replica != Relayed {
				n++
			}
		}
	}
	return n
}

// treeFrom makes the tree from root to the hosts of a group's replicas. It enters only switches that
// enter allows and uses no link that is cut: replicas that are then out of reach are left out.
//
// Unlike a route, a tree must not try its luck with a switch that the controller cannot program: that
// switch may still relay along an older tree, and two trees together may hold a circle in which every
// packet is copied again and again.
func (p *paths) treeFrom(root int, group uint32, hosts []*Host, enter func(s int) bool) tree {
	t := make(tree, len(p.topo.Switches))
	relayed := make([]bool, len(t)) // a copy leads there, or it is the root
	relayed[root] = true
	from := p.spanning(root, group, enter)
	for i, h := range hosts {
		s := h.At.Switch
		if s != root && from[s] == nil {
			continue
		}
		t[s] = append(t[s], Copy{Port: h.At.Number, Replica: i})
		for !relayed[s] {
			relayed[s] = true
			up := from[s]
			t[up.Switch] = append(t[up.Switch], Copy{Port: up.Number, Replica: Relayed})
			s = up.Switch
		}
	}
	for _, copies := range t {
		slices.SortFunc(copies, compareCopies)
	}
	return t
}

// spanning returns, by switch, the port of the switch before it on a shortest way from root; nil for root
// and for what is out of reach. Of equally short ways the group chooses.
func (p *paths) spanning(root int, group uint32, enter func(s int) bool) []*Port {
	from := make([]*Port, len(p.neighbours))
	hops := make([]int, len(p.neighbours))
	for i := range hops {
		hops[i] = unreachable
	}
	hops[root] = 0
	for queue := []int{root}; len(queue) > 0; queue = queue[1:] {
		s := queue[0]
		if p.health.down[s] && s != root {
			continue // it may be entered, but does not relay
		}
		for _, n := range p.neighbours[s] {
			if !p.health.cut[n.link] && enter(n.to) && hops[n.to] == unreachable {
				hops[n.to] = hops[s] + 1
				queue = append(queue, n.to)
			}
		}
	}
	for s := range from {
		from[s] = p.parent(s, group, hops)
	}
	return from
}

// parent chooses the port that leads to s from one of the switches that are one hop nearer to the root.
func (p *paths) parent(s int, group uint32, hops []int) *Port {
	var equal []Port
	for _, n := range p.neighbours[s] {
		if !p.health.cut[n.link] && hops[s] < unreachable && hops[n.to] == hops[s]-1 && (hops[n.to] == 0 || !p.health.down[n.to]) {
			l := p.topo.Links[n.link]
			equal = append(equal, otherEnd(l, s, n.port))
		}
	}
	if len(equal) == 0 {
		return nil
	}
	return &equal[spread(s, group)%uint32(len(equal))]
}

// otherEnd returns the end of a link that is not port number of switch s.
func otherEnd(l Link, s int, number uint16) Port {
	if l.A == (Port{s, number}) {
		return l.B
	}
	return l.A
}
