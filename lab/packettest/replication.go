package packettest

import (
	"fmt"
	"net/netip"
	"strconv"
)

func hex64(v uint64) string { return fmt.Sprintf("%#x", v) }

// replication checks that every copy is addressed to its replica.
func replication(h hosts) []testCase {
	a := h.groupA()
	req := func(data string) Packet { return a.request(h[1], data) }
	var cases []testCase
	for n := 1; n <= Ports; n++ {
		cases = append(cases, replicasCase(h, n))
	}
	return append(cases, []testCase{
		{
			name: "only a copy without an entry is dropped",
			entries: append(a.copyEntries()[1:], // without the entry of the member at port 2
				a.sequence(5)),
			steps: []step{sendFrame{port: 1, frame: req("op").Frame(), want: a.copies(req("op"), 5, 1)[1:]}},
		},
		{
			name:    "a packet without a multicast group is dropped but numbered",
			entries: a.entries(5),
			steps: []step{
				writeEntries(deletes(a.copyEntries()[len(a.members)])),
				sendFrame{port: 1, frame: req("lost").Frame()},
				writeEntries(inserts(a.copyEntries()[len(a.members)])),
				sendFrame{port: 1, frame: req("two").Frame(), want: a.copies(req("two"), 5, 2)},
			},
		},
		{
			name:    "an empty multicast group",
			entries: append(a.copyEntries()[:len(a.members)], multicastEntry(a.multicast), a.sequence(5)),
			steps: []step{
				sendFrame{port: 1, frame: req("lost").Frame()},
				writeEntries(modifies(a.copyEntries()[len(a.members)])),
				sendFrame{port: 1, frame: req("two").Frame(), want: a.copies(req("two"), 5, 2)},
			},
		},
		{
			name:    "a member leaves the multicast group",
			entries: a.entries(5),
			steps: []step{
				writeEntries(modifies(multicastEntry(a.multicast, member{port: 3, rid: a.rid + 1}))),
				sendFrame{port: 1, frame: req("op").Frame(), want: a.copies(req("op"), 5, 1)[1:2]},
			},
		},
		samePortCase(h),
	}...)
}

// replicasCase has a group of n replicas, the first of them at the sender's port.
func replicasCase(h hosts, n int) testCase {
	g := h.groupA()
	g.members = h[1 : n+1]
	p := g.request(h[1], "op")
	return testCase{
		name: strconv.Itoa(n) + " copies, one of them at the sender's port", entries: g.entries(5),
		steps: []step{sendFrame{port: 1, frame: p.Frame(), want: g.copies(p, 5, 1)}},
	}
}

// samePortCase has two replicas at one port, which differ by the instance of their copy.
func samePortCase(h hosts) testCase {
	g := h.groupA()
	second := h[2]
	second.MAC[4] = 0x77
	second.Addr = netip.AddrPortFrom(second.Addr.Addr().Next(), second.Addr.Port()+1)
	g.members = []Host{h[2], second, h[3]}
	p := g.request(h[1], "op")
	return testCase{
		name: "two replicas at one port", needs: Frames, entries: g.entries(5),
		steps: []step{sendFrame{port: 1, frame: p.Frame(), want: g.copies(p, 5, 1)}},
	}
}
