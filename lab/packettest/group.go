package packettest

import (
	"net/netip"

	p4v1 "github.com/p4lang/p4runtime/go/p4/v1"
)

// oumPort is the UDP port that senders address a group at.
const oumPort = 9797

// request is an unstamped packet of a host for a group.
func request(from Host, group netip.Addr, data string) Packet {
	return Packet{
		EthDst: from.Gateway, EthSrc: from.MAC,
		ID: 0x1234, DontFragment: true, TTL: 64,
		Src: from.Addr, Dst: netip.AddrPortFrom(group, oumPort),
		Payload: Request(group, data),
	}
}

// ordinary is a packet of one host to another that has nothing to do with a group.
func ordinary(from, to Host, data string) Packet {
	p := request(from, to.Addr.Addr(), "")
	p.Dst, p.Payload = to.Addr, []byte(data)
	return p
}

// group is a group with replicas, as a case installs it.
type group struct {
	addr      netip.Addr
	cell      uint16
	multicast uint16
	rid       uint16 // of the first member; the others follow
	members   []Host
}

// token differs between groups and between sessions.
func (g group) token(session uint32) uint64 {
	return 0xFEDC_BA98_0000_0000 | uint64(g.cell)<<24 ^ uint64(session)
}

// request is a packet of a host for the group.
func (g group) request(from Host, data string) Packet { return request(from, g.addr, data) }

// sequence is the entry that stamps the group's packets.
func (g group) sequence(session uint32) *p4v1.Entity {
	return SequenceEntry(g.addr, g.cell, session, g.token(session), g.multicast)
}

// copyEntries deliver the copies to the members.
func (g group) copyEntries() []*p4v1.Entity {
	var list []*p4v1.Entity
	var members []Member
	for i, m := range g.members {
		rid := g.rid + uint16(i)
		list = append(list, DeliverEntry(rid, m.MAC, m.Gateway, m.Addr))
		members = append(members, Member{Port: m.Port, RID: rid})
	}
	return append(list, MulticastEntry(g.multicast, members...))
}

// entries are all that the group's sequencer has.
func (g group) entries(session uint32) []*p4v1.Entity {
	return append(g.copyEntries(), g.sequence(session))
}

// copies is p as it comes out, stamped, at every member.
func (g group) copies(p Packet, session uint32, number uint64) []Out {
	return g.delivered(p.Stamped(session, number, g.token(session)))
}

// delivered is a stamped packet as it comes out at every member.
func (g group) delivered(p Packet) []Out {
	var list []Out
	for _, m := range g.members {
		list = append(list, Out{m.Port, p.Through(m.MAC, m.Gateway).To(m.Addr).Frame()})
	}
	return list
}
