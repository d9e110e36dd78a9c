package packettest

import (
	"fmt"
	"net/netip"
	"strconv"
)

func hex64(v uint64) string { return fmt.Sprintf("%#x", v) }

// replication: every copy is addressed to its replica.
func replication(h hosts) []Case {
	a := h.groupA()
	req := func(data string) Packet { return a.request(h[1], data) }
	var cases []Case
	for n := 1; n <= Ports; n++ {
		cases = append(cases, replicasCase(h, n))
	}
	return append(cases, []Case{
		{
			Name: "a copy that nobody claims is dropped, the others are not",
			Entries: append(a.copyEntries()[1:], // the member at port 2 lacks its entry
				a.sequence(5)),
			Steps: []Step{Send{Port: 1, Frame: req("op").Frame(), Want: a.copies(req("op"), 5, 1)[1:]}},
		},
		{
			Name:    "without its multicast group a packet goes nowhere, and has its number",
			Entries: a.entries(5),
			Steps: []Step{
				Write(Delete(a.copyEntries()[len(a.members)])),
				Send{Port: 1, Frame: req("lost").Frame()},
				Write(Insert(a.copyEntries()[len(a.members)])),
				Send{Port: 1, Frame: req("two").Frame(), Want: a.copies(req("two"), 5, 2)},
			},
		},
		{
			Name:    "an empty multicast group",
			Entries: append(a.copyEntries()[:len(a.members)], MulticastEntry(a.multicast), a.sequence(5)),
			Steps: []Step{
				Send{Port: 1, Frame: req("lost").Frame()},
				Write(Modify(a.copyEntries()[len(a.members)])),
				Send{Port: 1, Frame: req("two").Frame(), Want: a.copies(req("two"), 5, 2)},
			},
		},
		{
			Name:    "a member leaves the multicast group",
			Entries: a.entries(5),
			Steps: []Step{
				Write(Modify(MulticastEntry(a.multicast, Member{Port: 3, RID: a.rid + 1}))),
				Send{Port: 1, Frame: req("op").Frame(), Want: a.copies(req("op"), 5, 1)[1:2]},
			},
		},
		samePortCase(h),
	}...)
}

// replicasCase: a group of n replicas, the first of them at the sender's own port.
func replicasCase(h hosts, n int) Case {
	g := h.groupA()
	g.members = h[1 : n+1]
	p := g.request(h[1], "op")
	return Case{
		Name: strconv.Itoa(n) + " copies, one of them at the sender's port", Entries: g.entries(5),
		Steps: []Step{Send{Port: 1, Frame: p.Frame(), Want: g.copies(p, 5, 1)}},
	}
}

// samePortCase: two replicas behind one port differ by the instance of their copy.
func samePortCase(h hosts) Case {
	g := h.groupA()
	second := h[2]
	second.MAC[4] = 0x77
	second.Addr = netip.AddrPortFrom(second.Addr.Addr().Next(), second.Addr.Port()+1)
	g.members = []Host{h[2], second, h[3]}
	p := g.request(h[1], "op")
	return Case{
		Name: "two replicas behind one port", Needs: Frames, Entries: g.entries(5),
		Steps: []Step{Send{Port: 1, Frame: p.Frame(), Want: g.copies(p, 5, 1)}},
	}
}
