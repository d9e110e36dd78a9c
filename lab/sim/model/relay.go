package model

import (
	"encoding/binary"
	"net/netip"

	"github.com/netordered/nopaxos/oumlib"
	"github.com/netordered/nopaxos/p4src"
	"github.com/netordered/nopaxos/sequencer"
	"github.com/netordered/nopaxos/sequencer/udp"
	"github.com/netordered/nopaxos/transport"
	"github.com/netordered/nopaxos/transport/virtual"
)

const (
	firstSession   = 1
	multicastGroup = 1
	sequencers     = 2 // root switches: the active one and its successor
)

// relay is a sequencer with the data plane of package sequencer/udp. At a root switch it takes no time and sends its
// copies at once; at an end host it is a loop like any other.
type relay struct {
	g     *group
	at    place
	node  *virtual.Node
	plane *udp.DataPlane
	// session is that of the sequence entry; 0 if there is none.
	session   uint32
	unplugged bool // the controller gets no answer
}

// startSequencers starts the group's sequencers, of which the first is active.
func (g *group) startSequencers(free *places) error {
	for i := range sequencers {
		r := &relay{g: g, at: place(firstSwitch + i)}
		var network transport.Network
		var h *host
		if g.load.System == nopaxosEndHost {
			r.at = free.outside(0)
			h = g.net.host(r.at)
			r.node, network = h.node, h
		} else {
			r.node = g.net.Attach(r.at.address())
			network = r.node
		}
		var err error
		if r.plane, err = udp.New(udp.Config{Network: network, Post: r.node.Post}); err != nil {
			return err
		}
		r.prepare()
		if h != nil {
			h.start(r.plane)
		} else {
			r.node.Start(r.plane)
		}
		g.relays = append(g.relays, r)
	}
	g.relays[0].install(firstSession)
	g.sequencer = g.relays[0].at.address()
	return nil
}

// prepare programs the replication of messages, like a controller.
func (r *relay) prepare() {
	var copies []sequencer.Replica
	for i, p := range r.g.peers {
		instance := uint16(1 + i)
		deliver := sequencer.Action{ID: p4src.ActionDeliver}
		ip := p.Addr.Addr().As4()
		deliver.Params[p4src.ParamDeliverIP-1] = uint64(binary.BigEndian.Uint32(ip[:]))
		deliver.Params[p4src.ParamDeliverUDPPort-1] = uint64(p.Addr.Port())
		key := sequencer.Key{Table: p4src.TableOUMCopy}
		key.Fields[p4src.FieldOUMCopyEgressRID-1] = uint64(instance)
		r.plane.Put(key, deliver)
		copies = append(copies, sequencer.Replica{EgressPort: uint32(i), Instance: instance})
	}
	r.plane.SetMulticast(multicastGroup, copies)
}

// install writes the sequence entry of a session.
func (r *relay) install(session uint32) {
	r.session = session
	sequence := sequencer.Action{ID: p4src.ActionSequence}
	sequence.Params[p4src.ParamSequenceSession-1] = uint64(session)
	sequence.Params[p4src.ParamSequenceToken-1] = oumlib.SessionToken(r.g.keys.Token, groupNumber, session)
	sequence.Params[p4src.ParamSequenceMcastGrp-1] = multicastGroup
	key := sequencer.Key{Table: p4src.TableOUMGroup}
	key.Fields[p4src.FieldOUMGroupIPv4Dst-1] = uint64(groupNumber)
	r.plane.Put(key, sequence)
}

// address is the address that senders use.
func (r *relay) address() netip.AddrPort { return r.at.address() }
