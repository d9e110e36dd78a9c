package packettest

import "net/netip"

// hosts are the hosts of a target by port. hosts[0] is unused.
type hosts [Ports + 1]Host

// allCases returns the suite for the hosts of a target.
func allCases(target Target) []testCase {
	var h hosts
	for p := 1; p <= Ports; p++ {
		h[p] = target.Host(p)
	}
	var all []testCase
	for _, theme := range []func(hosts) []testCase{
		stamping, sessions, replication, tree, malformed, checksums, routing, arp, counters, packetIO, linkProbes,
	} {
		all = append(all, theme(h)...)
	}
	return all
}

// groupA has replicas at ports 2, 3 and 4. Most cases use it.
func (h hosts) groupA() group {
	return group{
		addr: netip.AddrFrom4([4]byte{10, 255, 0, 1}), cell: 7, multicast: 21, rid: 100,
		members: []Host{h[2], h[3], h[4]},
	}
}

// groupB shares only a replica with groupA.
func (h hosts) groupB() group {
	return group{
		addr: netip.AddrFrom4([4]byte{10, 255, 0, 2}), cell: 8, multicast: 22, rid: 200,
		members: []Host{h[4]},
	}
}
