package model

import (
	"math/rand/v2"
	"net/netip"
	"time"

	"github.com/netordered/nopaxos/transport/virtual"
)

// network is the tree's links with its hosts and switches.
type network struct {
	*virtual.Network
	costs     *Costs
	rng       *rand.Rand
	loss      float64       // share of datagrams that a host's link loses
	departing time.Duration // when the datagram being sent leaves its host
	delays    [1]time.Duration
}

func newNetwork(costs *Costs, rng *rand.Rand) *network {
	n := &network{costs: costs, rng: rng}
	n.Network = virtual.New(n.datagram, n.bulk)
	return n
}

// host creates the server at a place.
func (n *network) host(at place) *host { return &host{net: n, node: n.Attach(at.address())} }

// datagram is the fate of a datagram. The hosts account for its time on their own links.
func (n *network) datagram(from, to netip.AddrPort, size int, now time.Duration) []time.Duration {
	if n.loss > 0 && !placeOf(to).isSwitch() && n.rng.Float64() < n.loss {
		return nil
	}
	return n.bulk(from, to, size, now)
}

// bulk is the fate of a message of the bulk channel, which is never lost.
func (n *network) bulk(from, to netip.AddrPort, _ int, now time.Duration) []time.Duration {
	a, b := placeOf(from), placeOf(to)
	d := max(n.departing-now, 0) + time.Duration(links(a, b))*n.costs.Link
	if !a.isSwitch() {
		d += n.costs.Host / 2
	}
	if !b.isSwitch() {
		d += n.costs.Host / 2
	}
	n.delays[0] = d
	return n.delays[:]
}
