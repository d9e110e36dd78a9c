package packettest

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"

	"github.com/netordered/nopaxos/oumlib"
)

// MAC is an Ethernet address.
type MAC [6]byte

// bits returns the address as a number.
func (m MAC) bits() uint64 {
	var b [8]byte
	copy(b[2:], m[:])
	return binary.BigEndian.Uint64(b[:])
}

// Packet describes an IPv4 frame by its fields: a value that a case copies and changes. Frame computes
// valid lengths and checksums; setField corrupts the bytes.
type Packet struct {
	EthDst, EthSrc MAC
	VLAN           uint16 // tag control information of an 802.1Q tag; 0: no tag

	TOS                         uint8
	ID                          uint16
	DontFragment, MoreFragments bool
	FragOffset                  uint16 // in units of 8 bytes
	TTL                         uint8
	Src, Dst                    netip.AddrPort
	Options                     []layers.IPv4Option

	Payload    []byte // of UDP
	NoChecksum bool   // no UDP checksum: 0 on the wire

	// IPPayload, if not nil, follows the IPv4 header in place of UDP and Payload: the part of a datagram
	// in a fragment.
	IPPayload []byte
}

// Frame returns the bytes on the wire, padded to the shortest Ethernet frame.
func (p Packet) Frame() []byte {
	eth := layers.Ethernet{DstMAC: p.EthDst[:], SrcMAC: p.EthSrc[:], EthernetType: layers.EthernetTypeIPv4}
	ip := layers.IPv4{
		Version: 4, TOS: p.TOS, Id: p.ID, FragOffset: p.FragOffset, TTL: p.TTL,
		Protocol: layers.IPProtocolUDP, Options: p.Options,
		SrcIP: p.Src.Addr().AsSlice(), DstIP: p.Dst.Addr().AsSlice(),
	}
	if p.DontFragment {
		ip.Flags |= layers.IPv4DontFragment
	}
	if p.MoreFragments {
		ip.Flags |= layers.IPv4MoreFragments
	}
	stack := []gopacket.SerializableLayer{&eth}
	if p.VLAN != 0 {
		eth.EthernetType = layers.EthernetTypeDot1Q
		stack = append(stack, &layers.Dot1Q{
			Priority: uint8(p.VLAN >> 13), DropEligible: p.VLAN&0x1000 != 0,
			VLANIdentifier: p.VLAN & 0x0FFF, Type: layers.EthernetTypeIPv4,
		})
	}
	stack = append(stack, &ip)
	if p.IPPayload != nil {
		return serialize(append(stack, gopacket.Payload(p.IPPayload))...)
	}
	udp := layers.UDP{SrcPort: layers.UDPPort(p.Src.Port()), DstPort: layers.UDPPort(p.Dst.Port())}
	if err := udp.SetNetworkLayerForChecksum(&ip); err != nil {
		panic(fmt.Sprintf("packettest: %v", err)) // IPv4 has a pseudo-header
	}
	frame := serialize(append(stack, &udp, gopacket.Payload(p.Payload))...)
	if p.NoChecksum {
		frame = setField(frame, "udp.checksum", 0)
	}
	return frame
}

// serialize encodes the layers. It panics if a case describes an impossible frame.
func serialize(stack ...gopacket.SerializableLayer) []byte {
	buffer := gopacket.NewSerializeBuffer()
	options := gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}
	if err := gopacket.SerializeLayers(buffer, options, stack...); err != nil {
		panic(fmt.Sprintf("packettest: build a frame: %v", err))
	}
	return slices.Clone(buffer.Bytes())
}

// stamped returns p with a stamp.
func (p Packet) stamped(session uint32, number, token uint64) Packet {
	p.Payload = slices.Clone(p.Payload)
	oumlib.Stamp(p.Payload, session, number, token)
	return p
}

// through returns p after a hop: with a decremented TTL and the addresses of the next link.
func (p Packet) through(dst, src MAC) Packet {
	p.EthDst, p.EthSrc = dst, src
	p.TTL--
	return p
}

// to returns p with another destination.
func (p Packet) to(dst netip.AddrPort) Packet {
	p.Dst = dst
	return p
}

// fragments splits p after the first n bytes of the IPv4 payload. n is a multiple of 8.
func (p Packet) fragments(n int) (first, later Packet) {
	whole := p.Frame()
	at := offsetOf(whole, "udp.src_port")
	length := 8 + len(p.Payload)
	first, later = p, p
	first.MoreFragments, first.IPPayload = true, whole[at:at+n]
	later.FragOffset, later.IPPayload = uint16(n/8), whole[at+n:at+length]
	return first, later
}

// oumRequest returns the OUM header of a sender, followed by data.
func oumRequest(group netip.Addr, data string) []byte {
	header := oumlib.Header{Group: oumlib.GroupNumber(group.As4())}
	return append(oumlib.AppendHeader(nil, header), data...)
}

// arpMessage describes an ARP message for IPv4 over Ethernet (RFC 826).
type arpMessage struct {
	ethDst, ethSrc       MAC
	vlan                 uint16
	operation            uint16 // 1 request, 2 reply
	senderMAC, targetMAC MAC
	senderIP, targetIP   netip.Addr
}

// frame returns the bytes on the wire.
func (a arpMessage) frame() []byte {
	eth := layers.Ethernet{DstMAC: a.ethDst[:], SrcMAC: a.ethSrc[:], EthernetType: layers.EthernetTypeARP}
	stack := []gopacket.SerializableLayer{&eth}
	if a.vlan != 0 {
		eth.EthernetType = layers.EthernetTypeDot1Q
		stack = append(stack, &layers.Dot1Q{VLANIdentifier: a.vlan, Type: layers.EthernetTypeARP})
	}
	return serialize(append(stack, &layers.ARP{
		AddrType: layers.LinkTypeEthernet, Protocol: layers.EthernetTypeIPv4, HwAddressSize: 6, ProtAddressSize: 4,
		Operation:       a.operation,
		SourceHwAddress: a.senderMAC[:], SourceProtAddress: a.senderIP.AsSlice(),
		DstHwAddress: a.targetMAC[:], DstProtAddress: a.targetIP.AsSlice(),
	})...)
}
