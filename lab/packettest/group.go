package packettest

import (
	"net/netip"

	p4v1 "github.com/p4lang/p4runtime/go/p4/v1"
)

// oumPort is the UDP port of groups.
const oumPort = 9797

// request returns an unstamped packet of a host for a group.
func request(from Host, group netip.Addr, data string) Packet {
	return Packet{
		EthDst: from.Gateway, EthSrc: from.MAC,
		ID: 0x1234, DontFragment: true, TTL: 64,
		Src: from.Addr, Dst: netip.AddrPortFrom(group, oumPort),
		Payload: oumRequest(group, data),
	}
}

// ordinary returns a packet of one host to another, outside of any group.
func ordinary(from, to Host, data string) Packet {
	p := request(from, to.Addr.Addr(), "")
	p.Dst, p.Payload = to.Addr, []byte(data)
	return p
}

// group is a group with its replicas, as a case installs it.
type group struct {
	addr      netip.Addr
	cell      uint16
	multicast uint16
	rid       uint16 // of the first member; the others count up
	members   []Host
}

// token differs between groups and between sessions.
func (g group) token(session uint32) uint64 {
	return 0xFEDC_BA98_0000_0000 | uint64(g.cell)<<24 ^ uint64(session)
}

// request returns a packet of a host for the group.
func (g group) request(from Host, data string) Packet { return request(from, g.addr, data) }

// sequence returns the entry that stamps the group's packets.
func (g group) sequence(session uint32) *p4v1.Entity {
	return sequenceEntry(g.addr, g.cell, session, g.token(session), g.multicast)
}

// copyEntries returns the entries that deliver copies to the members.
func (g group) copyEntries() []*p4v1.Entity {
	var list []*p4v1.Entity
	var members []member
	for i, m := range g.members {
		rid := g.rid + uint16(i)
		list = append(list, deliverEntry(rid, m.MAC, m.Gateway, m.Addr))
		members = append(members, member{port: m.Port, rid: rid})
	}
	return append(list, multicastEntry(g.multicast, members...))
}

// entries returns all entries of the group's sequencer.
func (g group) entries(session uint32) []*p4v1.Entity {
	return append(g.copyEntries(), g.sequence(session))
}

// copies returns the stamped copies of p at all members.
func (g group) copies(p Packet, session uint32, number uint64) []output {
	return g.delivered(p.stamped(session, number, g.token(session)))
}

// delivered returns the copies of a stamped packet at all members.
func (g group) delivered(p Packet) []output {
	var list []output
	for _, m := range g.members {
		list = append(list, output{m.Port, p.through(m.MAC, m.Gateway).to(m.Addr).Frame()})
	}
	return list
}
