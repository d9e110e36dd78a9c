package packettest

import (
	"bytes"
	"fmt"
	"net/netip"

	p4v1 "github.com/p4lang/p4runtime/go/p4/v1"

	"github.com/netordered/nopaxos/p4src"
)

// A sentinel is a request to a group of its own that has a replica at every port. It is sent behind
// the packets that a case is about, so what has not come out of a port before it will not come out
// any more: a case waits for nothing, and no time has to pass to know that a packet was dropped.
type sentinel struct {
	next    uint64 // the one under way
	session uint32 // of its group: a new one with every pipeline
}

// What the sentinels occupy on a target, and a case does not.
const (
	sentinelCell      = p4src.MaxGroups - 1
	sentinelMulticast = 0x0F00 // switches have a few thousand multicast groups
	sentinelRID       = 0xFF00 // plus the port
)

var sentinelGroup = netip.AddrFrom4([4]byte{10, 255, 255, 254})

// entries are what the group needs.
func (s *sentinel) entries(target Target) []*p4v1.Entity {
	s.session++
	var members []member
	var list []*p4v1.Entity
	for p := 1; p <= Ports; p++ {
		h, rid := target.Host(p), uint16(sentinelRID+p)
		members = append(members, member{port: p, rid: rid})
		list = append(list, deliverEntry(rid, h.MAC, h.Gateway, h.Addr))
	}
	return append(list,
		multicastEntry(sentinelMulticast, members...),
		sequenceEntry(sentinelGroup, sentinelCell, s.session, 0, sentinelMulticast))
}

// mark tells this sentinel from all others.
func (s *sentinel) mark() []byte { return fmt.Appendf(nil, "sentinel %d", s.next) }

func (s *sentinel) frame(from Host) []byte {
	return request(from, sentinelGroup, string(s.mark())).Frame()
}

// is reports whether a frame is a copy of the sentinel under way.
func (s *sentinel) is(frame []byte) bool {
	f, ok := find(frame, "payload")
	return ok && stamped(frame) && bytes.Equal(frame[f.at:f.at+f.len], s.mark())
}
