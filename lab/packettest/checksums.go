package packettest

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"

	"github.com/gopacket/gopacket/layers"
	p4v1 "github.com/p4lang/p4runtime/go/p4/v1"
)

// checksums checks that wrong checksums stay wrong, and that changed fields update the sum. All other
// cases verify that every frame that comes out has valid checksums.
func checksums(h hosts) []testCase {
	a := h.groupA()
	p := a.request(h[1], "op")
	o := ordinary(h[1], h[2], "data")
	oOut := o.through(h[2].MAC, h[2].Gateway)
	noSum, unsummed, unsummedOut := p, o, oOut
	noSum.NoChecksum, unsummed.NoChecksum, unsummedOut.NoChecksum = true, true, true
	options := o
	options.Options = []layers.IPv4Option{{OptionType: 148, OptionLength: 4, OptionData: []byte{0, 0}}}
	routes := append(a.entries(5), routeEntry(hostRoute(h[2]), 2, h[2].MAC, h[2].Gateway))
	return []testCase{
		{
			name: "a wrong IPv4 checksum", needs: Frames, entries: routes,
			steps: []step{
				sendFrame{port: 1, frame: wrongBy(p.Frame(), "ip.checksum", 0x0101)},
				sendFrame{port: 1, frame: wrongBy(o.Frame(), "ip.checksum", 0x0101)},
				sendFrame{port: 1, frame: wrongBy(options.Frame(), "ip.checksum", 0x0101)},
				h.firstNumber(),
			},
		},
		{
			// A switch that recomputed the sum would make a damaged payload look intact.
			name: "a wrong UDP checksum stays wrong by the same difference", needs: Frames, entries: a.entries(5),
			steps: []step{
				sendFrame{port: 1, frame: wrongBy(p.Frame(), "udp.checksum", 0x0101),
					want: allWrongBy(a.copies(p, 5, 1), 0x0101), badChecksum: true},
				sendFrame{port: 1, frame: wrongBy(p.Frame(), "udp.checksum", 0xFFF0),
					want: allWrongBy(a.copies(p, 5, 2), 0xFFF0), badChecksum: true},
			},
		},
		{
			name: "a packet without a UDP checksum", needs: Frames, entries: a.entries(5),
			steps: []step{sendFrame{port: 1, frame: noSum.Frame(), want: a.copies(noSum, 5, 1)}},
		},
		{
			// A resulting checksum of 0 is written as 0xFFFF, since 0 means that there is none (RFC 768).
			name: "a UDP checksum that becomes zero", needs: Frames, entries: h.zeroGroup().entries(5),
			steps: []step{sendFrame{port: 1, frame: h.zeroSum().Frame(), want: h.zeroGroup().copies(h.zeroSum(), 5, 1)}},
		},
		{
			name: "the UDP checksum of other traffic stays", needs: Frames | Routes, entries: routes,
			steps: []step{
				sendFrame{port: 1, frame: o.Frame(), want: []output{{2, oOut.Frame()}}},
				sendFrame{port: 1, frame: unsummed.Frame(), want: []output{{2, unsummedOut.Frame()}}},
				sendFrame{port: 1, frame: wrongBy(o.Frame(), "udp.checksum", 0x0101),
					want: []output{{2, wrongBy(oOut.Frame(), "udp.checksum", 0x0101)}}, badChecksum: true},
			},
		},
		carryCase(h), manyCase(h),
	}
}

// wrongBy adds a difference to a checksum in ones' complement arithmetic (RFC 1624).
func wrongBy(frame []byte, field string, by uint16) []byte {
	at := offsetOf(frame, field)
	sum := uint32(binary.BigEndian.Uint16(frame[at:])) + uint32(by)
	return setField(frame, field, uint64(sum>>16+sum&0xFFFF))
}

func allWrongBy(list []output, by uint16) []output {
	for i := range list {
		list[i].frame = wrongBy(list[i].frame, "udp.checksum", by)
	}
	return list
}

// zeroGroup has one replica, so that all copies of a packet have the same sum.
func (h hosts) zeroGroup() group {
	g := h.groupA()
	g.members = []Host{h[2]}
	return g
}

// zeroSum is a request whose checksum becomes zero when it is stamped with session 5 and number 1 and
// addressed to the replica. Two bytes of the payload balance the sum.
func (h hosts) zeroSum() Packet {
	g := h.zeroGroup()
	p := g.request(h[1], "\x00\x00")
	frame := g.copies(p, 5, 1)[0].frame
	at := offsetOf(frame, "udp.checksum")
	copy(p.Payload[len(p.Payload)-2:], frame[at:at+2])
	return p
}

// carryCase decrements the TTL of packets whose IPv4 checksums carry in different places.
func carryCase(h hosts) testCase {
	c := testCase{
		name: "the IPv4 checksum where it carries", needs: Frames | Routes,
		entries: []*p4v1.Entity{routeEntry(hostRoute(h[2]), 2, h[2].MAC, h[2].Gateway)},
	}
	for _, sum := range []uint16{0x0000, 0x0001, 0x00FF, 0xFDFF, 0xFEFE, 0xFEFF, 0xFF00, 0xFFFE} {
		o := ordinary(h[1], h[2], "data")
		o.ID = 0
		at := offsetOf(o.Frame(), "ip.checksum")
		// The identification balances the sum to the wanted checksum.
		have := uint32(binary.BigEndian.Uint16(o.Frame()[at:])) + uint32(^sum)
		o.ID = uint16(have>>16 + have&0xFFFF)
		if got := binary.BigEndian.Uint16(o.Frame()[at:]); got != sum {
			panic(fmt.Sprintf("packettest: the IPv4 checksum is %#04x, expected %#04x", got, sum))
		}
		c.steps = append(c.steps, sendFrame{port: 1, frame: o.Frame(),
			want: []output{{2, o.through(h[2].MAC, h[2].Gateway).Frame()}}})
	}
	return c
}

// manyCase sends packets with many different checksums.
func manyCase(h hosts) testCase {
	const packets = 100
	a := h.groupA()
	c := testCase{name: "the checksums of many packets", entries: a.entries(5)}
	random := rand.New(rand.NewPCG(1, 2))
	for i := range uint64(packets) {
		data := make([]byte, random.IntN(64))
		for j := range data {
			data[j] = byte(random.Uint32())
		}
		p := a.request(h[1], string(data))
		p.ID, p.TTL = uint16(random.Uint32()), uint8(2+random.IntN(254))
		c.steps = append(c.steps, sendFrame{port: 1, frame: p.Frame(), want: a.copies(p, 5, i+1)})
	}
	return c
}
