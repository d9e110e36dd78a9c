package packettest

import (
	"net/netip"

	p4v1 "github.com/p4lang/p4runtime/go/p4/v1"
)

// nextSwitch and uplink are the addresses of a link to another switch.
var (
	nextSwitch = MAC{0x02, 0, 0, 0, 2, 1}
	uplink     = MAC{0x02, 0, 0, 0, 1, 9}
)

// tree: a packet's way through more than one switch. Port 4 leads to another switch, where a case
// says so; a stamped packet is the fabric's, and no host can put one in.
func tree(h hosts) []Case {
	a := h.groupA()
	near := a
	near.members = []Host{h[2], h[3]} // those that this switch delivers to
	req := a.request(h[1], "op")
	fromFabric := a.request(h[1], "op").Stamped(5, 41, a.token(5)).Through(uplink, nextSwitch)
	return []Case{
		{
			Name:    "a host cannot put in a stamped packet",
			Entries: a.entries(5),
			Steps: []Step{
				Send{Port: 1, Frame: req.Stamped(5, 1, a.token(5)).Frame()},
				Send{Port: 1, Frame: req.Stamped(6, 1, a.token(6)).Frame()},
				Send{Port: 1, Frame: req.Frame(), Want: a.copies(req, 5, 1)},
			},
		},
		{
			Name: "nor down the tree", Needs: Fabric,
			Entries: append(a.copyEntries(), ReplicateEntry(a.addr, a.multicast), FabricEntry(4)),
			Steps: []Step{
				Send{Port: 1, Frame: req.Stamped(5, 1, a.token(5)).Frame()},
				Count{Entry: groupKey(a.addr, true)},
			},
		},
		{
			Name: "nor straight to a replica", Needs: Frames | Routes | Fabric,
			Entries: []*p4v1.Entity{RouteEntry(hostRoute(h[2]), 2, h[2].MAC, h[2].Gateway), FabricEntry(4)},
			Steps: []Step{
				Send{Port: 1, Frame: req.Stamped(5, 1, a.token(5)).To(h[2].Addr).Frame()},
				Send{Port: 4, Frame: fromFabric.To(h[2].Addr).Frame(),
					Want: []Out{{2, fromFabric.To(h[2].Addr).Through(h[2].MAC, h[2].Gateway).Frame()}}},
			},
		},
		{
			Name: "down the tree from another switch", Needs: Fabric,
			Entries: append(near.copyEntries(), ReplicateEntry(a.addr, a.multicast), FabricEntry(4)),
			Steps: []Step{
				Send{Port: 4, Frame: fromFabric.Frame(), Want: near.delivered(fromFabric)},
				Count{Entry: groupKey(a.addr, true), Frames: [][]byte{fromFabric.Frame()}},
			},
		},
		{
			Name: "not back to the switch that it came from", Needs: Fabric,
			Entries: []*p4v1.Entity{
				MulticastEntry(a.multicast, Member{Port: 2, RID: 1}, Member{Port: 3, RID: 2}, Member{Port: 4, RID: 3}),
				DeliverEntry(1, h[2].MAC, h[2].Gateway, h[2].Addr),
				RelayEntry(2, nextSwitch, uplink), RelayEntry(3, nextSwitch, uplink),
				ReplicateEntry(a.addr, a.multicast), FabricEntry(3), FabricEntry(4),
			},
			Steps: []Step{
				Send{Port: 4, Frame: fromFabric.Frame(), Want: []Out{
					{2, fromFabric.Through(h[2].MAC, h[2].Gateway).To(h[2].Addr).Frame()},
					{3, fromFabric.Through(nextSwitch, uplink).Frame()},
				}},
				Send{Port: 3, Frame: fromFabric.Frame(), Want: []Out{
					{2, fromFabric.Through(h[2].MAC, h[2].Gateway).To(h[2].Addr).Frame()},
					{4, fromFabric.Through(nextSwitch, uplink).Frame()},
				}},
			},
		},
		{
			Name: "a port is the fabric's as long as its entry says so", Needs: Fabric,
			Entries: append(near.copyEntries(), ReplicateEntry(a.addr, a.multicast)),
			Steps: []Step{
				Send{Port: 4, Frame: fromFabric.Frame()},
				Write(Insert(FabricEntry(4))),
				Send{Port: 4, Frame: fromFabric.Frame(), Want: near.delivered(fromFabric)},
				Write(Delete(FabricEntry(4))),
				Send{Port: 4, Frame: fromFabric.Frame()},
			},
		},
		{
			Name: "to the next switch and to a replica", Needs: Fabric,
			Entries: []*p4v1.Entity{
				MulticastEntry(a.multicast, Member{Port: 2, RID: 1}, Member{Port: 4, RID: 2}),
				DeliverEntry(1, h[2].MAC, h[2].Gateway, h[2].Addr),
				RelayEntry(2, nextSwitch, uplink),
				a.sequence(5),
			},
			Steps: []Step{Send{Port: 1, Frame: req.Frame(), Want: []Out{
				{2, req.Stamped(5, 1, a.token(5)).Through(h[2].MAC, h[2].Gateway).To(h[2].Addr).Frame()},
				{4, req.Stamped(5, 1, a.token(5)).Through(nextSwitch, uplink).Frame()},
			}}},
		},
		{
			Name: "toward the sequencer", Needs: Fabric,
			Entries: []*p4v1.Entity{ToSequencerEntry(a.addr, 4, nextSwitch, uplink), FabricEntry(4)},
			Steps: []Step{
				Send{Port: 1, Frame: req.Frame(), Want: []Out{{4, req.Through(nextSwitch, uplink).Frame()}}},
				Count{Entry: groupKey(a.addr, false), Frames: [][]byte{req.Frame()}},
			},
		},
		{
			Name: "toward the sequencer and back", Needs: Fabric,
			Entries: append(near.copyEntries(),
				ToSequencerEntry(a.addr, 4, nextSwitch, uplink), ReplicateEntry(a.addr, a.multicast), FabricEntry(4)),
			Steps: []Step{
				Send{Port: 1, Frame: req.Frame(), Want: []Out{{4, req.Through(nextSwitch, uplink).Frame()}}},
				Send{Port: 4, Frame: fromFabric.Frame(), Want: near.delivered(fromFabric)},
			},
		},
		{
			Name: "what comes unstamped from another switch is stamped", Needs: Fabric,
			Entries: append(a.entries(5), FabricEntry(4)),
			Steps: []Step{
				Send{Port: 4, Frame: req.Through(uplink, nextSwitch).Frame(), Want: a.copies(req.Through(uplink, nextSwitch), 5, 1)},
			},
		},
		{
			Name: "the root takes no stamped packet, not even from the fabric", Needs: Fabric,
			Entries: append(a.entries(5), FabricEntry(4)),
			Steps: []Step{
				Send{Port: 4, Frame: fromFabric.Frame()},
				Send{Port: 1, Frame: req.Frame(), Want: a.copies(req, 5, 1)},
			},
		},
		{
			Name: "group_drop of stamped packets", Needs: Fabric,
			Entries: append(a.entries(5), DropEntry(a.addr, true), FabricEntry(4)),
			Steps: []Step{
				Send{Port: 4, Frame: fromFabric.Frame()},
				Count{Entry: groupKey(a.addr, true), Frames: [][]byte{fromFabric.Frame()}},
			},
		},
	}
}

// hostRoute is the route to one host.
func hostRoute(h Host) netip.Prefix { return netip.PrefixFrom(h.Addr.Addr(), 32) }
