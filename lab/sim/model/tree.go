package model

import (
	"encoding/binary"
	"net/netip"
)

// The tree is a three-level fat-tree with 2,560 hosts and 119 switches, the totals of the network that the paper
// simulates (§4.1). The paper does not give the arrangement; this is one.
const (
	pods         = 8
	edgesPerPod  = 10
	hostsPerEdge = 32
	aggregations = 4 // per pod
	cores        = 7
	hosts        = pods * edgesPerPod * hostsPerEdge
	switches     = pods*(edgesPerPod+aggregations) + cores
	crossing     = 6 // links between hosts of different pods: edge, aggregation, core, aggregation, edge
	toCore       = crossing / 2
	hostPort     = 7000
	hostsPerPod  = edgesPerPod * hostsPerEdge
	firstSwitch  = 1 << 15 // number of the first root switch, above all hosts
)

// place is a node's position: the number of a host, or of a root switch from firstSwitch on.
type place int

func (p place) isSwitch() bool { return p >= firstSwitch }

// address returns the node's address, which tells hosts from switches.
func (p place) address() netip.AddrPort {
	var a [4]byte
	binary.BigEndian.PutUint32(a[:], 10<<24|uint32(p))
	return netip.AddrPortFrom(netip.AddrFrom4(a), hostPort)
}

func placeOf(a netip.AddrPort) place {
	b := a.Addr().As4()
	return place(binary.BigEndian.Uint32(b[:]) & 0xFFFFFF)
}

func (p place) pod() int  { return int(p) / hostsPerPod }
func (p place) edge() int { return int(p) / hostsPerEdge }

// links is the number of links on the shortest path between two nodes.
func links(a, b place) int {
	switch {
	case a.isSwitch() || b.isSwitch():
		return toCore
	case a == b:
		return 0
	case a.edge() == b.edge():
		return 2
	case a.pod() == b.pod():
		return 4
	}
	return crossing
}
