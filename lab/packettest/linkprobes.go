package packettest

import (
	"net/netip"

	p4v1 "github.com/p4lang/p4runtime/go/p4/v1"

	"github.com/netordered/nopaxos/p4src"
)

// linkProbes: what the controller learns of a cable from. A probe is a stamped packet of a group that stands for
// one end of it; the switch at the other end sends it back, and the one that it came from hands it over.
func linkProbes(h hosts) []testCase {
	far, own := h.groupA(), h.groupB()
	far.addr, own.addr = netip.AddrFrom4([4]byte{169, 254, 1, 0}), netip.AddrFrom4([4]byte{169, 254, 1, 1})
	entries := []*p4v1.Entity{
		fabricEntry(4),
		withAction(groupKey(far.addr, true), action(p4src.ActionToSequencer, 4, nextSwitch.bits(), uplink.bits())),
		withAction(groupKey(own.addr, true), action(p4src.ActionToSequencer, p4src.CPUPort, 0, uplink.bits())),
	}
	probe := func(g group) Packet {
		p := g.request(h[1], "").stamped(1<<16|4, 7, 0xFEDC).through(uplink, nextSwitch)
		p.NoChecksum = true
		return p
	}
	return []testCase{
		{
			name: "a probe goes back through the port that it came in", needs: Frames | Fabric, entries: entries,
			steps: []step{
				sendFrame{port: 4, frame: probe(far).Frame(), want: []output{{4, probe(far).through(nextSwitch, uplink).Frame()}}},
			},
		},
		{
			name: "a probe that came back goes to the controller", needs: Frames | Fabric, entries: entries,
			steps: []step{
				sendFrame{port: 4, frame: probe(own).Frame(), wantIn: []packetIn{{4, probe(own).through(MAC{}, uplink).Frame()}}},
			},
		},
		{
			name: "no host gets a packet to the controller", needs: Frames | Fabric, entries: entries,
			steps: []step{
				sendFrame{port: 1, frame: probe(own).Frame()},
				sendFrame{port: 1, frame: probe(far).Frame()},
				sendFrame{port: 1, frame: own.request(h[1], "").Frame()},
			},
		},
	}
}
