package model

import (
	"encoding/binary"
	"net/netip"
)

// The tree is a fat-tree of three levels with 2,560 hosts and 119 switches, the totals of the network that the
// paper simulates (§4.1), which does not say how they are arranged. This is one arrangement of them.
const (
	pods         = 8
	edgesPerPod  = 10
	hostsPerEdge = 32
	aggregations = 4 // in a pod
	cores        = 7
	hosts        = pods * edgesPerPod * hostsPerEdge
	switches     = pods*(edgesPerPod+aggregations) + cores
	crossing     = 6 // links between hosts of different pods: edge, aggregation, core, aggregation, edge
	toCore       = crossing / 2
	hostPort     = 7000
	hostsPerPod  = edgesPerPod * hostsPerEdge
	firstSwitch  = 1 << 15 // number of the first sequencer that is a switch, behind all hosts
)

// place is where a node is: the number of a host, or firstSwitch and more for a root switch.
type place int

func (p place) isSwitch() bool { return p >= firstSwitch }

// address is that of a node. Hosts and switches are told apart by it.
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

// links is how many links the shortest path between two nodes has.
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
