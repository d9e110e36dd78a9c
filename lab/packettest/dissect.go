package packettest

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"

	"github.com/gopacket/gopacket"
)

// field is one field of a frame.
type field struct {
	name    string // like "ip.ttl"
	at, len int    // in bytes, from the start of the frame
}

// layout lists the fields of a header in order.
type layout []struct {
	name string
	len  int
}

var (
	ethernetLayout = layout{{"eth.dst", 6}, {"eth.src", 6}, {"eth.type", 2}}
	vlanLayout     = layout{{"vlan.tci", 2}, {"vlan.type", 2}}
	arpLayout      = layout{
		{"arp.hardware_type", 2}, {"arp.protocol_type", 2}, {"arp.lengths", 2}, {"arp.operation", 2},
		{"arp.sender_mac", 6}, {"arp.sender_ip", 4}, {"arp.target_mac", 6}, {"arp.target_ip", 4},
	}
	ipv4Layout = layout{
		{"ip.version_ihl", 1}, {"ip.tos", 1}, {"ip.total_len", 2}, {"ip.id", 2}, {"ip.fragment", 2},
		{"ip.ttl", 1}, {"ip.protocol", 1}, {"ip.checksum", 2}, {"ip.src", 4}, {"ip.dst", 4},
	}
	udpLayout = layout{{"udp.src_port", 2}, {"udp.dst_port", 2}, {"udp.length", 2}, {"udp.checksum", 2}}
	oumLayout = layout{
		{"oum.magic", 2}, {"oum.version", 1}, {"oum.flags", 1},
		{"oum.group", 4}, {"oum.session", 4}, {"oum.number", 8}, {"oum.token", 8},
	}
)

const (
	etherTypeIPv4 = 0x0800
	etherTypeARP  = 0x0806
	etherTypeVLAN = 0x8100
	protocolUDP   = 17
)

// dissector walks a frame from its start.
type dissector struct {
	frame  []byte
	at     int
	fields []field
}

// dissect splits any frame into fields, which cover it without gaps. Bytes that fit no header become the
// field "rest".
func dissect(frame []byte) []field {
	d := &dissector{frame: frame}
	d.ethernet()
	d.take("rest", len(frame)-d.at)
	return d.fields
}

func (d *dissector) take(name string, n int) {
	if n > 0 {
		d.fields = append(d.fields, field{name, d.at, n})
		d.at += n
	}
}

// header takes all fields of l, or none if the frame is too short.
func (d *dissector) header(l layout) bool {
	size := 0
	for _, f := range l {
		size += f.len
	}
	if len(d.frame)-d.at < size {
		return false
	}
	for _, f := range l {
		d.take(f.name, f.len)
	}
	return true
}

// back16 returns the 16-bit number that ends n bytes before the current offset.
func (d *dissector) back16(n int) uint16 { return binary.BigEndian.Uint16(d.frame[d.at-n-2:]) }

func (d *dissector) ethernet() {
	if !d.header(ethernetLayout) {
		return
	}
	if d.back16(0) == etherTypeVLAN && !d.header(vlanLayout) {
		return
	}
	switch d.back16(0) {
	case etherTypeARP:
		d.header(arpLayout)
	case etherTypeIPv4:
		d.ipv4()
	}
}

func (d *dissector) ipv4() {
	start := d.at
	if !d.header(ipv4Layout) {
		return
	}
	header := d.frame[start:]
	options := int(header[0]&0x0F)*4 - 20
	if options > len(d.frame)-d.at {
		return
	}
	d.take("ip.options", options)
	laterFragment := binary.BigEndian.Uint16(header[6:])&0x1FFF != 0
	if header[9] != protocolUDP || laterFragment || !d.header(udpLayout) {
		return
	}
	if len(d.frame)-d.at >= 2 && binary.BigEndian.Uint16(d.frame[d.at:]) == 0x4F55 {
		d.header(oumLayout)
	}
	end := start + int(binary.BigEndian.Uint16(header[2:]))
	d.take("payload", min(end, len(d.frame))-d.at)
	d.take("trailer", len(d.frame)-d.at)
}

// find returns the field with a name.
func find(frame []byte, name string) (field, bool) {
	fields := dissect(frame)
	i := slices.IndexFunc(fields, func(f field) bool { return f.name == name })
	if i < 0 {
		return field{}, false
	}
	return fields[i], true
}

// offsetOf returns the offset of a field that must exist.
func offsetOf(frame []byte, name string) int {
	f, ok := find(frame, name)
	if !ok {
		panic(fmt.Sprintf("packettest: the frame has no field %s: % x", name, frame))
	}
	return f.at
}

// setField returns a copy of frame with another value in a field of at most 8 bytes. It does not update
// checksums.
func setField(frame []byte, name string, value uint64) []byte {
	f, ok := find(frame, name)
	if !ok || f.len > 8 {
		panic(fmt.Sprintf("packettest: the frame has no field %s of 1 to 8 bytes: % x", name, frame))
	}
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], value)
	out := slices.Clone(frame)
	copy(out[f.at:f.at+f.len], b[8-f.len:])
	return out
}

// sumIPv4 returns a copy of frame with a valid IPv4 header checksum.
func sumIPv4(frame []byte) []byte {
	out := setField(frame, "ip.checksum", 0)
	start := offsetOf(out, "ip.version_ihl")
	header := out[start : start+int(out[start]&0x0F)*4]
	sum := gopacket.FoldChecksum(gopacket.ComputeChecksum(header, 0))
	return setField(out, "ip.checksum", uint64(sum))
}

// UDPPayload returns the payload of the UDP datagram in a frame, or false if there is none.
func UDPPayload(frame []byte) ([]byte, bool) {
	f, ok := find(frame, "udp.length")
	if !ok {
		return nil, false
	}
	start, end := f.at+4, f.at-4+int(binary.BigEndian.Uint16(frame[f.at:]))
	if end < start || end > len(frame) {
		return nil, false
	}
	return frame[start:end], true
}

// UDPDestination returns the destination of the UDP datagram in a frame, or the zero value if there is
// none.
func UDPDestination(frame []byte) netip.AddrPort {
	ip, _ := find(frame, "ip.dst")
	port, ok := find(frame, "udp.dst_port")
	if !ok {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(
		netip.AddrFrom4([4]byte(frame[ip.at:ip.at+4])),
		binary.BigEndian.Uint16(frame[port.at:]))
}

// stamped reports whether a frame carries an OUM header that a sequencer wrote.
func stamped(frame []byte) bool {
	flags, ok := find(frame, "oum.flags")
	return ok && frame[flags.at]&1 != 0
}
