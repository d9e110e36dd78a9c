package controlplane

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"
	"net/netip"

	p4v1 "github.com/p4lang/p4runtime/go/p4/v1"

	"github.com/netordered/nopaxos/p4src"
)

// A probe is an IPv4 packet to an address that every switch hands to the controller. It is an ordinary UDP
// datagram, so that the switch program needs to know nothing of it:
//
//	Ethernet · IPv4, TTL 2 · UDP · "OULINK" · u64 nonce of this controller's life · u16 switch · u16 port
//
// The nonce is a secret: a host can send to the address too, and must not be able to feign a link.

// probeAddr is a link-local address (RFC 3927), which no router forwards.
var probeAddr = netip.AddrFrom4([4]byte{169, 254, 79, 85})

var probeMagic = []byte("OULINK")

const (
	etherLen   = 14
	ipv4Len    = 20
	udpLen     = 8
	probeBody  = 6 + 8 + 2 + 2
	probeLen   = etherLen + ipv4Len + udpLen + probeBody
	probeTTL   = 2 // the switch that receives it takes one
	etherIPv4  = 0x0800
	protoUDP   = 17
	versionIHL = 0x45
)

// newNonce makes a nonce for one controller's life.
func newNonce() (nonce uint64) {
	var b [8]byte
	rand.Read(b[:]) // never fails, see crypto/rand
	return binary.BigEndian.Uint64(b[:])
}

// probeFrame is the probe that leaves a switch through a port of its, toward a switch with MAC address to.
func probeFrame(nonce uint64, from Port, smac, to MAC) []byte {
	f := make([]byte, 0, probeLen)
	f = append(appendMAC(appendMAC(f, to), smac), etherIPv4>>8, etherIPv4&0xFF)
	address := probeAddr.As4()
	ip := append(make([]byte, 0, ipv4Len), versionIHL, 0, 0, ipv4Len+udpLen+probeBody, 0, 0, 0, 0, probeTTL, protoUDP, 0, 0)
	ip = append(append(ip, address[:]...), address[:]...)
	binary.BigEndian.PutUint16(ip[10:], headerChecksum(ip))
	f = append(f, ip...)
	f = binary.BigEndian.AppendUint16(f, OUMPort)
	f = binary.BigEndian.AppendUint16(f, OUMPort)
	f = append(f, 0, udpLen+probeBody, 0, 0) // without a checksum, which IPv4 allows
	f = append(f, probeMagic...)
	f = binary.BigEndian.AppendUint64(f, nonce)
	f = binary.BigEndian.AppendUint16(f, uint16(from.Switch))
	return binary.BigEndian.AppendUint16(f, from.Number)
}

func appendMAC(b []byte, m MAC) []byte {
	return append(b, byte(m>>40), byte(m>>32), byte(m>>24), byte(m>>16), byte(m>>8), byte(m))
}

// headerChecksum is the Internet checksum (RFC 1071) of a header of whole words.
func headerChecksum(b []byte) uint16 {
	sum := uint32(0)
	for ; len(b) >= 2; b = b[2:] {
		sum += uint32(binary.BigEndian.Uint16(b))
	}
	for sum > 0xFFFF {
		sum = sum>>16 + sum&0xFFFF
	}
	return ^uint16(sum)
}

// parseProbe returns where a probe of this nonce was sent. ok is false for any other frame. Bytes behind the
// probe are Ethernet's padding.
func parseProbe(frame []byte, nonce uint64) (from Port, ok bool) {
	if len(frame) < probeLen {
		return Port{}, false
	}
	body := frame[etherLen+ipv4Len+udpLen : probeLen]
	if !bytes.HasPrefix(body, probeMagic) || binary.BigEndian.Uint64(body[6:]) != nonce {
		return Port{}, false
	}
	return Port{Switch: int(binary.BigEndian.Uint16(body[14:])), Number: binary.BigEndian.Uint16(body[16:])}, true
}

// sendProbe sends a probe through a port of the target, which is switch s.
func (c *connection) sendProbe(ctx context.Context, topo *Topology, nonce uint64, from Port) error {
	var to MAC
	for _, n := range topo.neighbours()[from.Switch] {
		if n.port == from.Number {
			to = topo.Switches[n.to].MAC
		}
	}
	return c.SendPacketOut(ctx, &p4v1.PacketOut{
		Payload: probeFrame(nonce, from, topo.Switches[from.Switch].MAC, to),
		Metadata: []*p4v1.PacketMetadata{{
			MetadataId: p4src.MetadataPacketOutEgressPort, Value: p4src.FormatBits(uint64(from.Number)),
		}},
	})
}

// ingressPort returns the port that a packet-in came through.
func ingressPort(p *p4v1.PacketIn) uint16 {
	for _, m := range p.GetMetadata() {
		if m.GetMetadataId() == p4src.MetadataPacketInIngressPort {
			return uint16(value(m.GetValue()))
		}
	}
	return 0
}
