package controlplane

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"net/netip"

	p4v1 "github.com/p4lang/p4runtime/go/p4/v1"

	"github.com/netordered/nopaxos/oumlib"
	"github.com/netordered/nopaxos/p4src"
)

// A probe crosses a link, is sent back by the switch at the other end, and is handed to the controller by the one
// that it came from. It is a stamped packet of a group that no replica is in, whose address stands for one end of
// one link, so that the switch program needs to know nothing of it:
//
//	Ethernet · IPv4, TTL 3 · UDP · OUM header: SEQUENCED, switch and port as the session, round as the number
//
// Stamped packets pass only between switches: one from a host's port is dropped there, and so no host can feign a
// link or keep the controller busy. The ports of end-host sequencers are the exception. So the header's token
// authenticates the rest, with a key of this controller's life.

const (
	etherLen   = 14
	ipv4Len    = 20
	udpLen     = 8
	probeLen   = etherLen + ipv4Len + udpLen + oumlib.HeaderLen
	probeTTL   = 3 // both switches that receive it take one, and drop what arrives with one
	etherIPv4  = 0x0800
	protoUDP   = 17
	versionIHL = 0x45
)

// The addresses of probes are link-local (RFC 3927), which no router forwards: 169.254.1.0 to 169.254.254.255,
// two for each link.
const (
	firstProbeAddr = 169<<24 | 254<<16 | 1<<8
	maxProbedLinks = 254 << 8 / 2
)

// probeAddr is the address of the probes of a link that come from one of its ends and go back there, as the number
// of a group.
func probeAddr(link, end int) uint32 { return uint32(firstProbeAddr + 2*link + end) }

// newProbeKey makes a key for one controller's life.
func newProbeKey() []byte {
	key := make([]byte, sha256.Size)
	rand.Read(key) // never fails, see crypto/rand
	return key
}

// probeFrame is the probe that leaves a switch through a port of its, toward a switch with MAC address to.
func probeFrame(key []byte, group uint32, from Port, round uint64, smac, to MAC) []byte {
	f := make([]byte, 0, probeLen)
	f = append(appendMAC(appendMAC(f, to), smac), etherIPv4>>8, etherIPv4&0xFF)
	address := netip.AddrFrom4(oumlib.GroupAddress(group)).As4()
	ip := append(make([]byte, 0, ipv4Len), versionIHL, 0, 0, probeLen-etherLen, 0, 0, 0, 0, probeTTL, protoUDP, 0, 0)
	ip = append(append(ip, address[:]...), address[:]...)
	binary.BigEndian.PutUint16(ip[10:], headerChecksum(ip))
	f = append(f, ip...)
	f = binary.BigEndian.AppendUint16(f, OUMPort)
	f = binary.BigEndian.AppendUint16(f, OUMPort)
	f = append(f, 0, udpLen+oumlib.HeaderLen, 0, 0) // without a checksum, which IPv4 allows
	h := oumlib.Header{Flags: oumlib.FlagSequenced, Group: group, Seq: round}
	h.Session = uint32(from.Switch)<<16 | uint32(from.Number)
	h.Token = probeToken(key, h)
	return oumlib.AppendHeader(f, h)
}

// probeToken authenticates a probe's header.
func probeToken(key []byte, h oumlib.Header) uint64 {
	h.Token = 0
	mac := hmac.New(sha256.New, key)
	mac.Write(oumlib.AppendHeader(nil, h)) // never fails, see hash.Hash
	return binary.BigEndian.Uint64(mac.Sum(nil))
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

// parseProbe returns where a probe of this key was sent, and in which round. ok is false for any other frame. Bytes
// behind the probe are Ethernet's padding.
func parseProbe(frame, key []byte) (from Port, round uint64, ok bool) {
	if len(frame) < probeLen {
		return Port{}, 0, false
	}
	h, _, err := oumlib.ParseHeader(frame[etherLen+ipv4Len+udpLen:])
	if err != nil || h.Token != probeToken(key, h) {
		return Port{}, 0, false
	}
	return Port{Switch: int(h.Session >> 16), Number: uint16(h.Session)}, h.Seq, true
}

// sendProbe sends the probe of a round through a port of the target.
func (c *connection) sendProbe(ctx context.Context, topo *Topology, key []byte, from Port, round uint64) error {
	link, end := topo.linkAt(from)
	to := topo.Links[link].ends()[1-end].Switch
	return c.SendPacketOut(ctx, &p4v1.PacketOut{
		Payload: probeFrame(key, probeAddr(link, end), from, round, topo.Switches[from.Switch].MAC, topo.Switches[to].MAC),
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
