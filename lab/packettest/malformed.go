package packettest

import (
	"fmt"

	"github.com/gopacket/gopacket/layers"
	p4v1 "github.com/p4lang/p4runtime/go/p4/v1"
)

// malformed checks that incomplete or invalid OUM packets are not stamped and consume no number. A route
// for the group's address shows whether they are dropped or routed like other traffic.
func malformed(h hosts) []testCase {
	a := h.groupA()
	whole := a.request(h[1], "op")
	cases := []testCase{
		notOUM(h, "wrong magic", setPayload(whole, 1, 'V')),
		notOUM(h, "version 0", setPayload(whole, 2, 0)),
		notOUM(h, "version 2", setPayload(whole, 2, 2)),
	}
	for _, n := range []int{0, 1, 2, 3, 4, 27} {
		short := whole
		short.Payload = whole.Payload[:n]
		cases = append(cases, notOUM(h, fmt.Sprintf("%d bytes of the 28", n), short))
	}
	cases = append(cases, routedNotStamped(h)...)
	o := ordinary(h[1], h[4], "data")
	cases = append(cases, testCase{
		name: "other traffic with a total length below the header's", needs: Frames | Routes,
		entries: []*p4v1.Entity{routeEntry(hostRoute(h[4]), 4, h[4].MAC, h[4].Gateway)},
		steps:   []step{sendFrame{port: 1, frame: sumIPv4(setField(o.Frame(), "ip.total_len", 19))}},
	})
	for _, d := range damaged(whole) {
		cases = append(cases, testCase{
			name: d.name, needs: Frames,
			entries: append(a.entries(5), h.groupRoute()),
			steps:   []step{sendFrame{port: 1, frame: d.frame}, h.firstNumber()},
		})
	}
	return append(cases, testCase{
		name: "bytes after the IPv4 packet do not matter", needs: Frames, entries: a.entries(5),
		steps: []step{sendFrame{port: 1, frame: append(whole.Frame(), 0, 0, 0, 0), want: trailed(a.copies(whole, 5, 1))}},
	})
}

// groupRoute routes other traffic for the group's address to port 4.
func (h hosts) groupRoute() *p4v1.Entity {
	return routeEntry(prefixOf(h.groupA().addr, 32), 4, h[4].MAC, h[4].Gateway)
}

// firstNumber checks that session 5 is still at its first number.
func (h hosts) firstNumber() step {
	a := h.groupA()
	p := a.request(h[1], "the first")
	return sendFrame{port: 1, frame: p.Frame(), want: a.copies(p, 5, 1)}
}

func setPayload(p Packet, i int, b byte) Packet {
	p.Payload = append([]byte(nil), p.Payload...)
	p.Payload[i] = b
	return p
}

// notOUM checks that an invalid datagram for the group's address is dropped.
func notOUM(h hosts, name string, p Packet) testCase {
	return testCase{
		name: name, entries: h.groupA().entries(5),
		steps: []step{sendFrame{port: 1, frame: p.Frame()}, h.firstNumber()},
	}
}

// routedNotStamped checks that packets without a valid OUM header, or with one in an unusual place, are
// routed like ordinary traffic.
func routedNotStamped(h hosts) []testCase {
	a := h.groupA()
	whole := a.request(h[1], "a payload that is long enough to be cut in two")
	first, later := whole.fragments(40)
	options := whole
	options.Options = []layers.IPv4Option{{OptionType: 148, OptionLength: 4, OptionData: []byte{0, 0}}}
	moreOptions := whole
	for range 39 {
		moreOptions.Options = append(moreOptions.Options, layers.IPv4Option{OptionType: 1})
	}
	moreOptions.Options = append(moreOptions.Options, layers.IPv4Option{OptionType: 0})
	short := whole
	short.Payload = whole.Payload[:27]
	rows := []struct {
		name string
		in   Packet
	}{
		{"27 bytes of the 28", short},
		{"wrong magic", setPayload(whole, 0, 0)},
		{"version 2", setPayload(whole, 2, 2)},
		{"IPv4 options: router alert", options},
		{"IPv4 options: 40 bytes", moreOptions},
		{"the first fragment", first},
		{"a later fragment", later},
	}
	var cases []testCase
	for _, row := range rows {
		out := row.in.through(h[4].MAC, h[4].Gateway).Frame()
		cases = append(cases, testCase{
			name: row.name + ", with a route", needs: Frames | Routes,
			entries: append(a.entries(5), h.groupRoute()),
			steps: []step{
				// The UDP checksum of a fragment covers the whole datagram.
				sendFrame{port: 1, frame: row.in.Frame(), want: []output{{4, out}}, badChecksum: row.in.IPPayload != nil},
				h.firstNumber(),
			},
		})
	}
	tcp := sumIPv4(setField(whole.Frame(), "ip.protocol", 6))
	out := sumIPv4(setField(whole.through(h[4].MAC, h[4].Gateway).Frame(), "ip.protocol", 6))
	return append(cases, testCase{
		name: "TCP, with a route", needs: Frames | Routes,
		entries: append(a.entries(5), h.groupRoute()),
		// The packet has no valid TCP segment, hence no valid checksum.
		steps: []step{sendFrame{port: 1, frame: tcp, want: []output{{4, out}}, badChecksum: true}, h.firstNumber()},
	})
}

// damaged returns invalid frames. They must be dropped even with a route: a packet with wrong lengths
// could carry a stamped header past the switch to a host that parses it differently.
func damaged(whole Packet) []struct {
	name  string
	frame []byte
} {
	f := whole.Frame()
	type row = struct {
		name  string
		frame []byte
	}
	length := uint64(8 + len(whole.Payload))
	double := whole
	double.VLAN = 10
	twice := double.Frame()
	twice = append(append(append([]byte(nil), twice[:12]...), 0x81, 0x00, 0x00, 0x0B), twice[12:]...)
	return []row{
		{"only an Ethernet header", f[:14]},
		{"a truncated IPv4 header", f[:24]},
		{"a truncated UDP header", f[:38]},
		{"a truncated OUM header", f[:60]},
		{"a packet that ends within the UDP header", sumIPv4(setField(f[:38], "ip.total_len", 24))},
		{"a packet that ends within the OUM header", sumIPv4(setField(f[:60], "ip.total_len", 46))},
		{"a truncated payload", f[:len(f)-1]},
		{"IP version 6 in an IPv4 frame", sumIPv4(setField(f, "ip.version_ihl", 0x65))},
		{"an IPv4 header of 4 words", sumIPv4(setField(f, "ip.version_ihl", 0x44))},
		{"a total length below the header's", sumIPv4(setField(f, "ip.total_len", 19))},
		{"a total length that ends within the UDP header", sumIPv4(setField(f, "ip.total_len", 24))},
		{"a total length beyond the frame", sumIPv4(setField(f, "ip.total_len", 20+length+1))},
		{"a UDP length beyond the packet", setField(f, "udp.length", length+1)},
		{"a UDP length far beyond the packet", setField(f, "udp.length", 0xFFFF)},
		{"a UDP length short of the packet", setField(f, "udp.length", length-2)},
		{"EtherType IPv6", setField(f, "eth.type", 0x86DD)},
		{"EtherType LLDP", setField(f, "eth.type", 0x88CC)},
		{"two 802.1Q tags", twice},
	}
}

// trailed appends bytes after the IPv4 packet.
func trailed(list []output) []output {
	for i := range list {
		list[i].frame = append(list[i].frame, 0, 0, 0, 0)
	}
	return list
}
