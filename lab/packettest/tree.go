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

// tree checks the path of a packet through several switches. Cases mark port 4 as a port to another
// switch. Only those ports may send stamped packets in.
func tree(h hosts) []testCase {
	a := h.groupA()
	near := a
	near.members = []Host{h[2], h[3]} // the replicas at this switch
	req := a.request(h[1], "op")
	fromFabric := a.request(h[1], "op").stamped(5, 41, a.token(5)).through(uplink, nextSwitch)
	return []testCase{
		{
			name:    "a host cannot inject a stamped packet",
			entries: a.entries(5),
			steps: []step{
				sendFrame{port: 1, frame: req.stamped(5, 1, a.token(5)).Frame()},
				sendFrame{port: 1, frame: req.stamped(6, 1, a.token(6)).Frame()},
				sendFrame{port: 1, frame: req.Frame(), want: a.copies(req, 5, 1)},
			},
		},
		{
			name: "a host cannot inject a stamped packet into the tree", needs: Fabric,
			entries: append(a.copyEntries(), replicateEntry(a.addr, a.multicast), fabricEntry(4)),
			steps: []step{
				sendFrame{port: 1, frame: req.stamped(5, 1, a.token(5)).Frame()},
				checkCounter{entry: groupKey(a.addr, true)},
			},
		},
		{
			name: "a host cannot send a stamped packet straight to a replica", needs: Frames | Routes | Fabric,
			entries: []*p4v1.Entity{routeEntry(hostRoute(h[2]), 2, h[2].MAC, h[2].Gateway), fabricEntry(4)},
			steps: []step{
				sendFrame{port: 1, frame: req.stamped(5, 1, a.token(5)).to(h[2].Addr).Frame()},
				sendFrame{port: 4, frame: fromFabric.to(h[2].Addr).Frame(),
					want: []output{{2, fromFabric.to(h[2].Addr).through(h[2].MAC, h[2].Gateway).Frame()}}},
			},
		},
		{
			name: "down the tree from another switch", needs: Fabric,
			entries: append(near.copyEntries(), replicateEntry(a.addr, a.multicast), fabricEntry(4)),
			steps: []step{
				sendFrame{port: 4, frame: fromFabric.Frame(), want: near.delivered(fromFabric)},
				checkCounter{entry: groupKey(a.addr, true), frames: [][]byte{fromFabric.Frame()}},
			},
		},
		{
			name: "not out of the ingress port", needs: Fabric,
			entries: []*p4v1.Entity{
				multicastEntry(a.multicast, member{port: 2, rid: 1}, member{port: 3, rid: 2}, member{port: 4, rid: 3}),
				deliverEntry(1, h[2].MAC, h[2].Gateway, h[2].Addr),
				relayEntry(2, nextSwitch, uplink), relayEntry(3, nextSwitch, uplink),
				replicateEntry(a.addr, a.multicast), fabricEntry(3), fabricEntry(4),
			},
			steps: []step{
				sendFrame{port: 4, frame: fromFabric.Frame(), want: []output{
					{2, fromFabric.through(h[2].MAC, h[2].Gateway).to(h[2].Addr).Frame()},
					{3, fromFabric.through(nextSwitch, uplink).Frame()},
				}},
				sendFrame{port: 3, frame: fromFabric.Frame(), want: []output{
					{2, fromFabric.through(h[2].MAC, h[2].Gateway).to(h[2].Addr).Frame()},
					{4, fromFabric.through(nextSwitch, uplink).Frame()},
				}},
			},
		},
		{
			name: "a port belongs to the fabric while it has an entry", needs: Fabric,
			entries: append(near.copyEntries(), replicateEntry(a.addr, a.multicast)),
			steps: []step{
				sendFrame{port: 4, frame: fromFabric.Frame()},
				writeEntries(inserts(fabricEntry(4))),
				sendFrame{port: 4, frame: fromFabric.Frame(), want: near.delivered(fromFabric)},
				writeEntries(deletes(fabricEntry(4))),
				sendFrame{port: 4, frame: fromFabric.Frame()},
			},
		},
		{
			name: "to the next switch and to a replica", needs: Fabric,
			entries: []*p4v1.Entity{
				multicastEntry(a.multicast, member{port: 2, rid: 1}, member{port: 4, rid: 2}),
				deliverEntry(1, h[2].MAC, h[2].Gateway, h[2].Addr),
				relayEntry(2, nextSwitch, uplink),
				a.sequence(5),
			},
			steps: []step{sendFrame{port: 1, frame: req.Frame(), want: []output{
				{2, req.stamped(5, 1, a.token(5)).through(h[2].MAC, h[2].Gateway).to(h[2].Addr).Frame()},
				{4, req.stamped(5, 1, a.token(5)).through(nextSwitch, uplink).Frame()},
			}}},
		},
		{
			name: "toward the sequencer", needs: Fabric,
			entries: []*p4v1.Entity{toSequencerEntry(a.addr, 4, nextSwitch, uplink), fabricEntry(4)},
			steps: []step{
				sendFrame{port: 1, frame: req.Frame(), want: []output{{4, req.through(nextSwitch, uplink).Frame()}}},
				checkCounter{entry: groupKey(a.addr, false), frames: [][]byte{req.Frame()}},
			},
		},
		{
			name: "toward the sequencer and back", needs: Fabric,
			entries: append(near.copyEntries(),
				toSequencerEntry(a.addr, 4, nextSwitch, uplink), replicateEntry(a.addr, a.multicast), fabricEntry(4)),
			steps: []step{
				sendFrame{port: 1, frame: req.Frame(), want: []output{{4, req.through(nextSwitch, uplink).Frame()}}},
				sendFrame{port: 4, frame: fromFabric.Frame(), want: near.delivered(fromFabric)},
			},
		},
		{
			name: "unstamped packets from another switch are stamped", needs: Fabric,
			entries: append(a.entries(5), fabricEntry(4)),
			steps: []step{
				sendFrame{port: 4, frame: req.through(uplink, nextSwitch).Frame(), want: a.copies(req.through(uplink, nextSwitch), 5, 1)},
			},
		},
		{
			name: "the root drops stamped packets, even from the fabric", needs: Fabric,
			entries: append(a.entries(5), fabricEntry(4)),
			steps: []step{
				sendFrame{port: 4, frame: fromFabric.Frame()},
				sendFrame{port: 1, frame: req.Frame(), want: a.copies(req, 5, 1)},
			},
		},
		{
			name: "group_drop of stamped packets", needs: Fabric,
			entries: append(a.entries(5), dropEntry(a.addr, true), fabricEntry(4)),
			steps: []step{
				sendFrame{port: 4, frame: fromFabric.Frame()},
				checkCounter{entry: groupKey(a.addr, true), frames: [][]byte{fromFabric.Frame()}},
			},
		},
	}
}

// hostRoute returns the prefix of one host.
func hostRoute(h Host) netip.Prefix { return netip.PrefixFrom(h.Addr.Addr(), 32) }
