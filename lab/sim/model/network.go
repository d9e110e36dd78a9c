package model

import (
	"math/rand/v2"
	"net/netip"
	"time"

	"github.com/netordered/nopaxos/transport/virtual"
)

// network is the tree's links, and the hosts and switches on it.
type network struct {
	*virtual.Network
	costs     *Costs
	rng       *rand.Rand
	loss      float64       // share of the datagrams to a host that is lost on its last link
	departing time.Duration // when the datagram that is being sent has left its host
	delays    [1]time.Duration
}

func newNetwork(costs *Costs, rng *rand.Rand) *network {
	n := &network{costs: costs, rng: rng}
	n.Network = virtual.New(n.datagram, n.bulk)
	return n
}

// host puts a server at a place.
func (n *network) host(at place) *host { return &host{net: n, node: n.Attach(at.address())} }

// datagram decides about a datagram. Its time on the links of its two hosts is counted there.
func (n *network) datagram(from, to netip.AddrPort, size int, now time.Duration) []time.Duration {
	if n.loss > 0 && !placeOf(to).isSwitch() && n.rng.Float64() < n.loss {
		return nil
	}
	return n.bulk(from, to, size, now)
}

// bulk decides about a message of the bulk channel, which is not lost.
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
