package packettest

import (
	"encoding/binary"

	"github.com/gopacket/gopacket"
)

// checksums: what comes in wrong is not made right, and what is changed is summed again. That every
// frame that comes out has valid checksums is verified in all cases.
func checksums(h hosts) []Case {
	a := h.groupA()
	p := a.request(h[1], "op")
	o := ordinary(h[1], h[2], "data")
	oOut := o.Through(h[2].MAC, h[2].Gateway)
	wrong := func(frame []byte, field string) []byte {
		f, _ := find(frame, field)
		sum := binary.BigEndian.Uint16(frame[f.At:])
		return Set(frame, field, uint64(sum^0x0101))
	}
	unsummed, unsummedOut := o, oOut
	unsummed.NoChecksum, unsummedOut.NoChecksum = true, true
	noSum := p
	noSum.NoChecksum = true
	routes := append(a.entries(5), RouteEntry(hostRoute(h[2]), 2, h[2].MAC, h[2].Gateway))
	return []Case{
		{
			Name: "a wrong IPv4 checksum", Needs: Frames, Entries: routes,
			Steps: []Step{
				Send{Port: 1, Frame: wrong(p.Frame(), "ip.checksum")},
				Send{Port: 1, Frame: wrong(o.Frame(), "ip.checksum")},
				h.firstNumber(),
			},
		},
		{
			Name: "a wrong UDP checksum of an OUM packet", Needs: Frames, Entries: a.entries(5),
			Steps: []Step{
				Send{Port: 1, Frame: wrong(p.Frame(), "udp.checksum")},
				Send{Port: 1, Frame: Set(p.Frame(), "udp.checksum", 0xFFFF)},
				h.firstNumber(),
			},
		},
		{
			Name: "an OUM packet without a UDP checksum gets one", Needs: Frames, Entries: a.entries(5),
			Steps: []Step{Send{Port: 1, Frame: noSum.Frame(), Want: a.copies(noSum, 5, 1)}},
		},
		{
			Name: "a UDP checksum that comes out as zero", Needs: Frames, Entries: h.zeroGroup().entries(5),
			Steps: []Step{Send{Port: 1, Frame: h.zeroSum().Frame(), Want: h.zeroGroup().copies(h.zeroSum(), 5, 1)}},
		},
		{
			Name: "the UDP checksum of other traffic is left alone", Needs: Frames | Routes, Entries: routes,
			Steps: []Step{
				Send{Port: 1, Frame: o.Frame(), Want: []Out{{2, oOut.Frame()}}},
				Send{Port: 1, Frame: unsummed.Frame(), Want: []Out{{2, unsummedOut.Frame()}}},
				Send{Port: 1, Frame: wrong(o.Frame(), "udp.checksum"),
					Want: []Out{{2, wrong(oOut.Frame(), "udp.checksum")}}, BadChecksum: true},
			},
		},
	}
}

// zeroGroup has one replica, so that one packet has one sum.
func (h hosts) zeroGroup() group {
	g := h.groupA()
	g.members = []Host{h[2]}
	return g
}

// zeroSum is a request whose sum is zero once it is stamped with session 5 and number 1 and addressed
// to the replica: two bytes of the payload make up for the rest.
func (h hosts) zeroSum() Packet {
	g := h.zeroGroup()
	p := g.request(h[1], "\x00\x00")
	frame := g.copies(p, 5, 1)[0].Frame
	sum, _ := find(frame, "udp.checksum")
	payload := p.Payload[len(p.Payload)-2:]
	copy(payload, frame[sum.At:sum.At+2])
	if gopacket.FoldChecksum(gopacket.ComputeChecksum(payload, 0)) == 0 {
		panic("packettest: the payload does not change the sum")
	}
	return p
}
