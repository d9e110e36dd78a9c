package fabric

import (
	"hash/fnv"
	"math"
)

// health records which switches and links work.
type health struct {
	down []bool // by switch
	cut  []bool // by link
}

func newHealth(t *Topology) *health {
	return &health{down: make([]bool, len(t.Switches)), cut: make([]bool, len(t.Links))}
}

// avoided is the cost, in hops, of a switch or link that may not work. It is finite: a switch that the controller has
// lost may still forward, so where no other path leads, this one is worth trying.
const avoided = 1 << 16

const unreachable = math.MaxInt32

// paths has the shortest path from every switch to every other. In a fat-tree those over healthy switches lead up and
// then down, never up again.
type paths struct {
	topo       *Topology
	health     *health
	neighbours [][]Neighbour
	distance   [][]int // [to][from], in hops, and avoided for each that may not work
}

func newPaths(t *Topology, h *health) *paths {
	p := &paths{topo: t, health: h, neighbours: t.Neighbours(), distance: make([][]int, len(t.Switches))}
	for to := range p.distance {
		p.distance[to] = p.distancesTo(to)
	}
	return p
}

// cost returns the cost of the hop to a neighbour, on the path to switch to.
func (p *paths) cost(n Neighbour, to int) int {
	cost := p.linkCost(n)
	if p.health.down[n.Switch] && n.Switch != to {
		cost += avoided
	}
	return cost
}

func (p *paths) linkCost(n Neighbour) int {
	if p.health.cut[n.link] {
		return 1 + avoided
	}
	return 1
}

// distancesTo is Dijkstra's algorithm from switch to, against the direction of travel.
func (p *paths) distancesTo(to int) []int {
	return p.nearestFirst(to, func(distance []int, s int) {
		for _, n := range p.neighbours[s] {
			back := Neighbour{Switch: s, link: n.link}
			distance[n.Switch] = min(distance[n.Switch], distance[s]+p.cost(back, to))
		}
	})
}

// nearestFirst returns the distance of every switch from one. It visits the reachable ones in order of distance; visit
// lowers the distances of a switch's neighbours.
func (p *paths) nearestFirst(from int, visit func(distance []int, s int)) []int {
	distance := make([]int, len(p.neighbours))
	for s := range distance {
		distance[s] = unreachable
	}
	distance[from] = 0
	done := make([]bool, len(distance))
	for next := from; next >= 0; {
		done[next] = true
		visit(distance, next)
		next = -1
		for s := range distance {
			if !done[s] && distance[s] < unreachable && (next < 0 || distance[s] < distance[next]) {
				next = s
			}
		}
	}
	return distance
}

// hop returns the first hop from one switch toward another for traffic to address. Among equally short paths the
// address chooses, so that load spreads and a flow keeps its order. ok is false if no path exists, or from is to.
func (p *paths) hop(from, to int, address uint32) (hop Hop, ok bool) {
	if from == to || p.distance[to][from] == unreachable {
		return Hop{}, false
	}
	var equal []Neighbour
	for _, n := range p.neighbours[from] {
		if p.distance[to][n.Switch] < unreachable && p.cost(n, to)+p.distance[to][n.Switch] == p.distance[to][from] {
			equal = append(equal, n)
		}
	}
	n := equal[spread(from, address)%uint32(len(equal))]
	return Hop{Port: n.Port, MAC: p.topo.Switches[n.Switch].MAC}, true
}

// routes returns the host routes of a switch.
func (p *paths) routes(from int) map[uint32]Hop {
	routes := make(map[uint32]Hop, len(p.topo.Hosts))
	for _, h := range p.topo.Hosts {
		address := AddressNumber(h.Addr)
		if h.At.Switch == from {
			routes[address] = Hop{Port: h.At.Number, MAC: h.MAC}
		} else if hop, ok := p.hop(from, h.At.Switch, address); ok {
			routes[address] = hop
		}
	}
	return routes
}

// spread returns a number that depends on a switch and an address only.
func spread(s int, address uint32) uint32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte{byte(s >> 8), byte(s), byte(address >> 24), byte(address >> 16), byte(address >> 8), byte(address)}) // never fails, see hash.Hash
	return h.Sum32() >> 8                                                                                                      // the lowest bits of FNV depend on the lowest bits of its input only
}
