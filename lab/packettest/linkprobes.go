package packettest

import (
	"net/netip"

	p4v1 "github.com/p4lang/p4runtime/go/p4/v1"

	"github.com/netordered/nopaxos/p4src"
)

// linkProbes: what the controller learns of a cable from. A probe is a stamped packet of a group that stands for
// one end of it; the switch at the other end sends it back, and the one that it came from hands it over.
func linkProbes(h hosts) []Case {
	far, own := h.groupA(), h.groupB()
	far.addr, own.addr = netip.AddrFrom4([4]byte{169, 254, 1, 0}), netip.AddrFrom4([4]byte{169, 254, 1, 1})
	entries := []*p4v1.Entity{
		FabricEntry(4),
		withAction(groupKey(far.addr, true), action(p4src.ActionToSequencer, 4, nextSwitch.Uint64(), uplink.Uint64())),
		withAction(groupKey(own.addr, true), action(p4src.ActionToSequencer, p4src.CPUPort, 0, uplink.Uint64())),
	}
	probe := func(g group) Packet {
		p := g.request(h[1], "").Stamped(1<<16|4, 7, 0xFEDC).Through(uplink, nextSwitch)
		p.NoChecksum = true
		return p
	}
	return []Case{
		{
			Name: "a probe goes back through the port that it came in", Needs: Frames | Fabric, Entries: entries,
			Steps: []Step{
				Send{Port: 4, Frame: probe(far).Frame(), Want: []Out{{4, probe(far).Through(nextSwitch, uplink).Frame()}}},
			},
		},
		{
			Name: "a probe that came back goes to the controller", Needs: Frames | Fabric, Entries: entries,
			Steps: []Step{
				Send{Port: 4, Frame: probe(own).Frame(), WantIn: []PacketIn{{4, probe(own).Through(MAC{}, uplink).Frame()}}},
			},
		},
		{
			Name: "no host gets a packet to the controller", Needs: Frames | Fabric, Entries: entries,
			Steps: []Step{
				Send{Port: 1, Frame: probe(own).Frame()},
				Send{Port: 1, Frame: probe(far).Frame()},
				Send{Port: 1, Frame: own.request(h[1], "").Frame()},
			},
		},
	}
}
