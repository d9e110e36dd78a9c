package controlplane

import (
	"hash/fnv"
	"math"
)

// health is which switches and links may be relied on.
type health struct {
	down []bool // by switch
	cut  []bool // by link
}

func newHealth(t *Topology) *health {
	return &health{down: make([]bool, len(t.Switches)), cut: make([]bool, len(t.Links))}
}

// avoided is the cost of what may not work, in hops. It is not infinite: the controller may have lost a
// switch that goes on forwarding, so where nothing else leads there the way is still worth trying.
const avoided = 1 << 16

const unreachable = math.MaxInt32

// paths has the shortest way from every switch to every other. In a fat-tree those of healthy switches
// lead up and then down, never up again.
type paths struct {
	topo       *Topology
	health     *health
	neighbours [][]neighbour
	distance   [][]int // [to][from], in hops plus what had to be paid for unhealthy ones
}

func newPaths(t *Topology, h *health) *paths {
	p := &paths{topo: t, health: h, neighbours: t.neighbours(), distance: make([][]int, len(t.Switches))}
	for to := range p.distance {
		p.distance[to] = p.distancesTo(to)
	}
	return p
}

// cost of the hop to a neighbour, on the way to switch to.
func (p *paths) cost(n neighbour, to int) int {
	cost := p.linkCost(n)
	if p.health.down[n.to] && n.to != to {
		cost += avoided
	}
	return cost
}

func (p *paths) linkCost(n neighbour) int {
	if p.health.cut[n.link] {
		return 1 + avoided
	}
	return 1
}

// distancesTo is Dijkstra's algorithm from switch to, against the direction of travel.
func (p *paths) distancesTo(to int) []int {
	distance := make([]int, len(p.neighbours))
	for i := range distance {
		distance[i] = unreachable
	}
	distance[to] = 0
	done := make([]bool, len(distance))
	for s := to; s >= 0; s = nearest(distance, done) {
		done[s] = true
		for _, n := range p.neighbours[s] {
			back := neighbour{to: s, link: n.link}
			distance[n.to] = min(distance[n.to], distance[s]+p.cost(back, to))
		}
	}
	return distance
}

// nearest returns the nearest switch that is not done, or -1.
func nearest(distance []int, done []bool) int {
	next := -1
	for s := range distance {
		if !done[s] && distance[s] < unreachable && (next < 0 || distance[s] < distance[next]) {
			next = s
		}
	}
	return next
}

// hop returns the way from one switch toward another for traffic to address. Of several that are equally
// short the address chooses, so that load spreads and a flow keeps its order. ok is false if nothing
// leads there, or from is to.
func (p *paths) hop(from, to int, address uint32) (hop neighbour, ok bool) {
	if from == to || p.distance[to][from] == unreachable {
		return neighbour{}, false
	}
	var equal []neighbour
	for _, n := range p.neighbours[from] {
		if p.distance[to][n.to] < unreachable && p.cost(n, to)+p.distance[to][n.to] == p.distance[to][from] {
			equal = append(equal, n)
		}
	}
	return equal[spread(from, address)%uint32(len(equal))], true
}

// spread is a number that depends on a switch and an address, and on nothing else.
func spread(s int, address uint32) uint32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte{byte(s >> 8), byte(s), byte(address >> 24), byte(address >> 16), byte(address >> 8), byte(address)}) // never fails, see hash.Hash
	return h.Sum32() >> 8                                                                                                      // the lowest bits of FNV depend on the lowest bits of its input only
}
