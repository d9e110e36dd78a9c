package probe

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"net/netip"

	"github.com/netordered/nopaxos/controlplane/fabric"
	"github.com/netordered/nopaxos/oumlib"
)

// A probe crosses a link, is returned by the switch at the other end, and is handed to the controller by the switch
// that sent it. It is a stamped packet of a group without replicas, whose address stands for one end of one link, so
// that the switch program needs to know nothing of it:
//
//	Ethernet · IPv4, TTL 3 · UDP · OUM header: SEQUENCED, switch and port as the session, round as the number
//
// Switches accept stamped packets from each other only and drop those from a host's port, so no host can fake a link or
// keep the controller busy. The ports of end-host sequencers are the exception: therefore the header's token
// authenticates the rest, with a key of this controller's life.

const (
	etherLen   = 14
	ipv4Len    = 20
	udpLen     = 8
	frameLen   = etherLen + ipv4Len + udpLen + oumlib.HeaderLen
	ttl        = 3 // each of the two switches that receive it takes one, and drops packets that arrive with one
	etherIPv4  = 0x0800
	protoUDP   = 17
	versionIHL = 0x45
)

// Key authenticates the probes of one controller's life.
type Key []byte

// NewKey returns a random key.
func NewKey() Key {
	key := make(Key, sha256.Size)
	rand.Read(key) // never fails, see crypto/rand
	return key
}

// Frame returns the probe of a round that leaves a switch through a port, which has a link.
func Frame(key Key, topo *fabric.Topology, from fabric.Port, round uint64) []byte {
	link, end := topo.LinkAt(from)
	to := topo.Links[link].Ends()[1-end].Switch
	group := fabric.ProbeAddr(link, end)
	f := make([]byte, 0, frameLen)
	f = append(appendMAC(appendMAC(f, topo.Switches[to].MAC), topo.Switches[from.Switch].MAC), etherIPv4>>8, etherIPv4&0xFF)
	address := netip.AddrFrom4(oumlib.GroupAddress(group)).As4()
	ip := append(make([]byte, 0, ipv4Len), versionIHL, 0, 0, frameLen-etherLen, 0, 0, 0, 0, ttl, protoUDP, 0, 0)
	ip = append(append(ip, address[:]...), address[:]...)
	binary.BigEndian.PutUint16(ip[10:], headerChecksum(ip))
	f = append(f, ip...)
	f = binary.BigEndian.AppendUint16(f, fabric.OUMPort)
	f = binary.BigEndian.AppendUint16(f, fabric.OUMPort)
	f = append(f, 0, udpLen+oumlib.HeaderLen, 0, 0) // without a checksum, which IPv4 allows
	h := oumlib.Header{Flags: oumlib.FlagSequenced, Group: group, Seq: round}
	h.Session = uint32(from.Switch)<<16 | uint32(from.Number)
	h.Token = token(key, h)
	return oumlib.AppendHeader(f, h)
}

// token authenticates a probe's header.
func token(key Key, h oumlib.Header) uint64 {
	h.Token = 0
	mac := hmac.New(sha256.New, key)
	mac.Write(oumlib.AppendHeader(nil, h)) // never fails, see hash.Hash
	return binary.BigEndian.Uint64(mac.Sum(nil))
}

func appendMAC(b []byte, m fabric.MAC) []byte {
	return append(b, byte(m>>40), byte(m>>32), byte(m>>24), byte(m>>16), byte(m>>8), byte(m))
}

// headerChecksum returns the Internet checksum (RFC 1071) of a header of whole words.
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

// parse returns from where a probe of this key was sent, and in which round. ok is false for any other frame. Bytes
// after the probe are Ethernet's padding.
func parse(frame []byte, key Key) (from fabric.Port, round uint64, ok bool) {
	if len(frame) < frameLen {
		return fabric.Port{}, 0, false
	}
	h, _, err := oumlib.ParseHeader(frame[etherLen+ipv4Len+udpLen:])
	if err != nil || h.Token != token(key, h) {
		return fabric.Port{}, 0, false
	}
	return fabric.Port{Switch: int(h.Session >> 16), Number: uint16(h.Session)}, h.Seq, true
}
