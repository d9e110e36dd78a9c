package packettest

import (
	"net/netip"

	p4v1 "github.com/p4lang/p4runtime/go/p4/v1"

	"github.com/netordered/nopaxos/p4src"
)

// linkProbes checks the packets by which the controller probes a cable. A probe is a stamped packet of a
// group that stands for one end of the cable. The switch at the other end returns it, and the first switch
// passes it to the controller.
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
			name: "a probe leaves by its ingress port", needs: Frames | Fabric, entries: entries,
			steps: []step{
				sendFrame{port: 4, frame: probe(far).Frame(), want: []output{{4, probe(far).through(nextSwitch, uplink).Frame()}}},
			},
		},
		{
			name: "a returned probe goes to the controller", needs: Frames | Fabric, entries: entries,
			steps: []step{
				sendFrame{port: 4, frame: probe(own).Frame(), wantIn: []packetIn{{4, probe(own).through(MAC{}, uplink).Frame()}}},
			},
		},
		{
			name: "a host cannot send packets to the controller", needs: Frames | Fabric, entries: entries,
			steps: []step{
				sendFrame{port: 1, frame: probe(own).Frame()},
				sendFrame{port: 1, frame: probe(far).Frame()},
				sendFrame{port: 1, frame: own.request(h[1], "").Frame()},
			},
		},
	}
}
