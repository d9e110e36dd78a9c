package udp

import (
	"encoding/binary"
	"net/netip"
	"sync/atomic"

	"github.com/netordered/nopaxos/p4src"
	"github.com/netordered/nopaxos/sequencer"
)

// tables is the immutable snapshot of the entries that the event loop reads. Each write compiles a new
// one.
type tables struct {
	groups map[uint32]*group // by OUM group number
	miss   *counter          // of the default entry of oum_group
}

// group is a compiled entry of oum_group for unstamped datagrams, with its copies.
type group struct {
	action    uint32
	cell      *cell
	session   uint32
	token     uint64
	multicast bool             // the multicast group exists
	to        []netip.AddrPort // replicas to deliver to
	unmatched uint64           // copies without an entry in oum_copy
	relayed   uint64           // copies with action relay
	counter   *counter
}

// counter is a direct counter. The event loop adds to it; P4Runtime reads and writes it.
type counter struct {
	packets atomic.Uint64
	bytes   atomic.Uint64
}

func (c *counter) add(n int) {
	c.packets.Add(1)
	c.bytes.Add(uint64(n))
}

// entries is the state that the controller wrote. DataPlane.mu guards it.
type entries struct {
	groups    map[sequencer.Key]sequencer.Action
	counters  map[sequencer.Key]*counter
	copies    map[uint16]sequencer.Action // by egress_rid
	multicast map[uint16][]sequencer.Replica
}

// defaultGroup is the key of the default entry of oum_group.
var defaultGroup = sequencer.Key{Table: p4src.TableOUMGroup, Default: true}

func newEntries() entries {
	return entries{
		groups:    map[sequencer.Key]sequencer.Action{},
		counters:  map[sequencer.Key]*counter{defaultGroup: new(counter)},
		copies:    map[uint16]sequencer.Action{},
		multicast: map[uint16][]sequencer.Replica{},
	}
}

// compile returns a snapshot. Writes are rare and tables small, so each write compiles all entries.
func (e *entries) compile(cells *[p4src.MaxGroups]cell) *tables {
	t := &tables{groups: make(map[uint32]*group, len(e.groups)), miss: e.counters[defaultGroup]}
	for key, action := range e.groups {
		if key.Fields[p4src.FieldOUMGroupSequenced-1] != 0 {
			continue // Datagram drops stamped datagrams before the lookup
		}
		g := &group{action: action.ID, counter: e.counters[key]}
		if action.ID == p4src.ActionSequence {
			g.cell = &cells[action.Param(p4src.ParamSequenceGroupIndex)]
			g.session = uint32(action.Param(p4src.ParamSequenceSession))
			g.token = action.Param(p4src.ParamSequenceToken)
			e.resolve(g, uint16(action.Param(p4src.ParamSequenceMcastGrp)))
		}
		t.groups[uint32(key.Fields[p4src.FieldOUMGroupIPv4Dst-1])] = g
	}
	return t
}

// resolve looks up the destinations of a multicast group's copies.
func (e *entries) resolve(g *group, id uint16) {
	replicas, ok := e.multicast[id]
	g.multicast = ok
	for _, r := range replicas {
		action, ok := e.copies[r.Instance]
		switch {
		case ok && action.ID == p4src.ActionDeliver:
			var ip [4]byte
			binary.BigEndian.PutUint32(ip[:], uint32(action.Param(p4src.ParamDeliverIP)))
			port := uint16(action.Param(p4src.ParamDeliverUDPPort))
			g.to = append(g.to, netip.AddrPortFrom(netip.AddrFrom4(ip), port))
		case ok && action.ID == p4src.ActionRelay:
			g.relayed++
		default:
			g.unmatched++
		}
	}
}
