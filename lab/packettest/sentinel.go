package packettest

import (
	"bytes"
	"fmt"
	"net/netip"

	p4v1 "github.com/p4lang/p4runtime/go/p4/v1"

	"github.com/netordered/nopaxos/p4src"
)

// sentinel is a request to a group of its own that has a replica at every port. It follows the packets
// of a step, so a packet that has not come out of a port before the sentinel was dropped, and no case
// waits for time to pass.
type sentinel struct {
	next    uint64 // number of the latest sentinel
	session uint32 // of its group; each pipeline gets a new one
}

// The sentinels' cell, multicast group and instances, which no case uses.
const (
	sentinelCell      = p4src.MaxGroups - 1
	sentinelMulticast = 0x0F00 // switches have a few thousand multicast groups
	sentinelRID       = 0xFF00 // plus the port
)

var sentinelGroup = netip.AddrFrom4([4]byte{10, 255, 255, 254})

// entries returns the entries of the sentinels' group.
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

// mark identifies the latest sentinel.
func (s *sentinel) mark() []byte { return fmt.Appendf(nil, "sentinel %d", s.next) }

func (s *sentinel) frame(from Host) []byte {
	return request(from, sentinelGroup, string(s.mark())).Frame()
}

// is reports whether a frame is a copy of the latest sentinel.
func (s *sentinel) is(frame []byte) bool {
	f, ok := find(frame, "payload")
	return ok && stamped(frame) && bytes.Equal(frame[f.at:f.at+f.len], s.mark())
}
