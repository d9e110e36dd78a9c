package udp

import (
	"cmp"
	"slices"
	"sync/atomic"

	"github.com/netordered/nopaxos/p4src"
)

// Reason is the reason why a datagram, a copy or a packet-out was dropped.
type Reason uint8

// Reasons for drops.
const (
	Short       Reason = iota // a datagram shorter than the OUM header
	Magic                     // a datagram that is not OUM
	Version                   // an unknown OUM version
	Sequenced                 // a stamped datagram from a host
	Group                     // no entry for the group
	Action                    // the entry's action is group_drop, to_sequencer or replicate
	Stale                     // the entry's session is lower than the cell's
	Multicast                 // the entry's multicast group does not exist
	Copy                      // a copy whose instance has no entry in oum_copy
	Relay                     // a copy for the next switch
	Bulk                      // a message on the bulk channel, which a sequencer does not use
	Port                      // a packet-out to a port other than p4src.CPUPort
	PacketQueue               // a packet-out with maxPacketOuts queued
	reasons
)

var reasonNames = [reasons]string{
	"short", "magic", "version", "sequenced", "group", "action", "stale", "multicast", "copy",
	"relay", "bulk", "port", "packet-queue",
}

func (r Reason) String() string {
	if r < reasons {
		return reasonNames[r]
	}
	return "unknown"
}

// Reasons returns all reasons.
func Reasons() []Reason {
	list := make([]Reason, reasons)
	for i := range list {
		list[i] = Reason(i)
	}
	return list
}

// Stats are the data plane's counters since its start.
type Stats struct {
	Received uint64          // datagrams
	Stamped  uint64          // datagrams
	Copies   uint64          // copies sent
	Drops    [reasons]uint64 // by Reason; Copy and Relay count copies
	Groups   []GroupStats    // groups with a sequence entry, by number
}

// GroupStats is the state of one group.
type GroupStats struct {
	Group   uint32 // OUM group number
	Session uint32 // of the group's cell; 0 before the first message
	Number  uint64 // of the last stamped message
	Entry   uint32 // session of the table entry; the next message gets it unless it is lower than Session
	Packets uint64 // direct counter
	Bytes   uint64 // direct counter
}

// counters are the live counters behind Stats. The event loop adds to them.
type counters struct {
	received atomic.Uint64
	stamped  atomic.Uint64
	copies   atomic.Uint64
	drops    [reasons]atomic.Uint64
}

// Stats returns a snapshot. Any goroutine may call it.
func (d *DataPlane) Stats() Stats {
	st := Stats{
		Received: d.counters.received.Load(),
		Stamped:  d.counters.stamped.Load(),
		Copies:   d.counters.copies.Load(),
	}
	for i := range st.Drops {
		st.Drops[i] = d.counters.drops[i].Load()
	}
	for number, g := range d.tables.Load().groups {
		if g.action != p4src.ActionSequence {
			continue
		}
		st.Groups = append(st.Groups, GroupStats{
			Group:   number,
			Session: g.cell.session.Load(),
			Number:  g.cell.number.Load(),
			Entry:   g.session,
			Packets: g.counter.packets.Load(),
			Bytes:   g.counter.bytes.Load(),
		})
	}
	slices.SortFunc(st.Groups, func(a, b GroupStats) int { return cmp.Compare(a.Group, b.Group) })
	return st
}
