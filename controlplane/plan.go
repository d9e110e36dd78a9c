package controlplane

import (
	"slices"

	"github.com/netordered/nopaxos/oumlib"
	"github.com/netordered/nopaxos/p4src"
)

// endHostPort is the egress port of every copy of an end-host sequencer. It sends through its host's
// routing: neither the port nor the MAC addresses of a copy, which are 0, mean anything there.
const endHostPort = 1

// plan turns what the core decides into tables. It never changes.
type plan struct {
	tokenKey []byte
	topo     *Topology // nil: there are no switches
	groups   []groupPlan
	index    map[uint32]int // group number → index in groups
}

// groupPlan is what of a group's entries does not depend on who serves it.
type groupPlan struct {
	number   uint32
	cell     uint16 // register cell
	mcast    uint16 // multicast group
	replicas []Replica
}

// compile makes the plan. index gives every group its register cell, from which the numbers of
// its multicast group and of its copies follow: they change neither with the order of the groups
// in the configuration nor with those that come and go beside it.
func compile(topo *Topology, groups []Group, tokenKey []byte, index func(group uint32) (uint16, error)) (*plan, error) {
	p := &plan{tokenKey: tokenKey, topo: topo, index: make(map[uint32]int)}
	for i, g := range groups {
		cell, err := index(g.Number)
		if err != nil {
			return nil, err
		}
		p.groups = append(p.groups, groupPlan{number: g.Number, cell: cell, mcast: cell + 1, replicas: g.Replicas})
		p.index[g.Number] = i
	}
	return p, nil
}

func (p *plan) group(number uint32) *groupPlan {
	if i, planned := p.index[number]; planned {
		return &p.groups[i]
	}
	return nil
}

// deliverRID is the copy number (egress_rid) of the copy to a replica.
func (g *groupPlan) deliverRID(replica int) uint16 {
	return g.cell*copiesPerGroup + uint16(replica) + 1
}

// relayRID is the copy number of a copy through a port to the next switch, whatever its group: one that no
// group's replica has.
func relayRID(port uint16) uint16 { return port * copiesPerGroup }

// oumGroupKey is the key of a group's entry in oum_group.
func oumGroupKey(group uint32, sequenced uint64) tableKey {
	return tableKey{table: p4src.TableOUMGroup, match: uint64(group), second: sequenced}
}

// The values of the SEQUENCED bit.
const (
	unstamped = 0
	stamped   = 1
)

// sequence is the action of (group, session) on the group's sequencer.
func (p *plan) sequence(g *groupPlan, session uint32) tableAction {
	return tableAction{id: p4src.ActionSequence, params: [4]uint64{
		p4src.ParamSequenceGroupIndex - 1: uint64(g.cell),
		p4src.ParamSequenceSession - 1:    uint64(session),
		p4src.ParamSequenceToken - 1:      oumlib.SessionToken(p.tokenKey, g.number, session),
		p4src.ParamSequenceMcastGrp - 1:   uint64(g.mcast),
	}}
}

// toSequencer is the action that passes unstamped packets on, and probes.
func (p *plan) toSequencer(s int, hop Hop) tableAction {
	return tableAction{id: p4src.ActionToSequencer, params: [4]uint64{
		p4src.ParamToSequencerPort - 1: uint64(hop.Port),
		p4src.ParamToSequencerDMAC - 1: uint64(hop.MAC),
		p4src.ParamToSequencerSMAC - 1: uint64(p.topo.Switches[s].MAC),
	}}
}

// sequences returns the sequence entries of planned groups in what a target has.
func (p *plan) sequences(have *tables) []SequenceEntry {
	var found []SequenceEntry
	for i := range p.groups {
		g := &p.groups[i]
		if act, there := have.entries[oumGroupKey(g.number, unstamped)]; there && serves(act) {
			session := uint32(act.params[p4src.ParamSequenceSession-1])
			found = append(found, SequenceEntry{Group: g.number, Session: session, Intact: act == p.sequence(g, session)})
		}
	}
	return found
}

// serves reports whether an action of oum_group is one of a sequencer. Session 0 is none.
func serves(act tableAction) bool {
	return act.id == p4src.ActionSequence && act.params[p4src.ParamSequenceSession-1] != 0
}

// wanted returns the tables of a target that has what have says; f is nil for an end-host sequencer.
// Sequence entries of planned groups are left as they are.
func (p *plan) wanted(f *Forwarding, have *tables) *tables {
	want := newTables()
	for i := range p.groups {
		key := oumGroupKey(p.groups[i].number, unstamped)
		if act, there := have.entries[key]; there && serves(act) {
			want.entries[key] = act
		}
	}
	if f == nil {
		p.endHost(want)
		return want
	}
	p.ports(want, f)
	p.routes(want, f)
	p.probes(want, f.Switch)
	for i := range p.groups {
		p.copies(want, f.Switch, &p.groups[i])
		p.groupOn(want, have, f.Switch, &p.groups[i], f.Groups[i])
	}
	return want
}

// endHost adds what an end-host sequencer needs: it sends every copy itself.
func (p *plan) endHost(want *tables) {
	for i := range p.groups {
		g := &p.groups[i]
		for r, replica := range g.replicas {
			rid := g.deliverRID(r)
			want.entries[tableKey{table: p4src.TableOUMCopy, match: uint64(rid)}] = deliver(replica, 0, 0)
			want.mcast[g.mcast] = append(want.mcast[g.mcast], copyRef{endHostPort, rid})
		}
	}
}

// ports adds the roles of a switch's ports, its answers to ARP, and the copies to its neighbours.
func (p *plan) ports(want *tables, f *Forwarding) {
	mac := p.topo.Switches[f.Switch].MAC
	fabric := func(port uint16) {
		want.entries[tableKey{table: p4src.TablePortRole, match: uint64(port)}] = tableAction{id: p4src.ActionFabric}
	}
	for _, n := range p.topo.neighbours()[f.Switch] {
		fabric(n.port)
		want.entries[tableKey{table: p4src.TableOUMCopy, match: uint64(relayRID(n.port))}] = tableAction{
			id: p4src.ActionRelay,
			params: [4]uint64{
				p4src.ParamRelayDMAC - 1: uint64(p.topo.Switches[n.to].MAC),
				p4src.ParamRelaySMAC - 1: uint64(mac),
			},
		}
	}
	for _, h := range p.topo.Hosts {
		if h.At.Switch != f.Switch {
			continue
		}
		if h.Trusted {
			fabric(h.At.Number)
		}
		if h.Gateway.IsValid() {
			key := tableKey{table: p4src.TableARPGateway, match: uint64(addressNumber(h.Gateway))}
			want.entries[key] = tableAction{id: p4src.ActionARPReply, params: [4]uint64{p4src.ParamARPReplyMAC - 1: uint64(mac)}}
		}
	}
}

func (p *plan) routes(want *tables, f *Forwarding) {
	for address, hop := range f.Routes {
		want.entries[tableKey{table: p4src.TableIPv4LPM, match: uint64(address), second: 32}] = tableAction{
			id: p4src.ActionForward,
			params: [4]uint64{
				p4src.ParamForwardPort - 1: uint64(hop.Port),
				p4src.ParamForwardDMAC - 1: uint64(hop.MAC),
				p4src.ParamForwardSMAC - 1: uint64(p.topo.Switches[f.Switch].MAC),
			},
		}
	}
}

// probes adds what switch s does with the probes of its links: those that it sent come back for the controller, the
// others it sends back. Both are stamped packets, which the switches take from each other only.
func (p *plan) probes(want *tables, s int) {
	for i, l := range p.topo.Links {
		ends := l.ends()
		for end, at := range ends {
			if at.Switch == s && p.topo.probed(i) {
				want.entries[oumGroupKey(probeAddr(i, end), stamped)] = p.toSequencer(s, Hop{Port: p4src.CPUPort})
				back := Hop{Port: at.Number, MAC: p.topo.Switches[ends[1-end].Switch].MAC}
				want.entries[oumGroupKey(probeAddr(i, 1-end), stamped)] = p.toSequencer(s, back)
			}
		}
	}
}

// copies adds how the copies to a group's replicas at switch s are addressed.
func (p *plan) copies(want *tables, s int, g *groupPlan) {
	for r, replica := range g.replicas {
		if h := p.topo.hostAt(replica.Addr.Addr()); h.At.Switch == s {
			key := tableKey{table: p4src.TableOUMCopy, match: uint64(g.deliverRID(r))}
			want.entries[key] = deliver(replica, h.MAC, p.topo.Switches[s].MAC)
		}
	}
}

func deliver(r Replica, dmac, smac MAC) tableAction {
	return tableAction{id: p4src.ActionDeliver, params: [4]uint64{
		p4src.ParamDeliverDMAC - 1:    uint64(dmac),
		p4src.ParamDeliverSMAC - 1:    uint64(smac),
		p4src.ParamDeliverIP - 1:      uint64(addressNumber(r.Addr.Addr())),
		p4src.ParamDeliverUDPPort - 1: uint64(r.Addr.Port()),
	}}
}

// groupOn adds what switch s does with a group's packets.
func (p *plan) groupOn(want, have *tables, s int, g *groupPlan, f GroupForwarding) {
	raw, down := oumGroupKey(g.number, unstamped), oumGroupKey(g.number, stamped)
	_, sequencer := want.entries[raw]
	keep := func(key tableKey) {
		if act, there := have.entries[key]; there {
			want.entries[key] = act
		}
	}
	installed, there := have.mcast[g.mcast]
	if f.Undecided {
		keep(raw)
		keep(down)
		if there {
			want.mcast[g.mcast] = installed
		}
		return
	}
	switch {
	case sequencer:
	case f.Sequences:
		keep(raw)
	case f.ToSequencer != nil:
		want.entries[raw] = p.toSequencer(s, *f.ToSequencer)
	}
	refs := g.refs(f.Copies)
	if f.Shrink {
		refs = slices.DeleteFunc(refs, func(r copyRef) bool { return !slices.Contains(installed, r) })
	}
	if len(refs) > 0 || sequencer { // a sequence entry names the multicast group, even if it is empty
		want.mcast[g.mcast] = refs
	}
	if _, there = have.entries[down]; len(refs) > 0 && !f.Sequences && (there || !f.Shrink) {
		want.entries[down] = tableAction{id: p4src.ActionReplicate, params: [4]uint64{p4src.ParamReplicateMcastGrp - 1: uint64(g.mcast)}}
	}
}

// refs returns a multicast group's copies.
func (g *groupPlan) refs(copies []Copy) []copyRef {
	var refs []copyRef
	for _, c := range copies {
		rid := relayRID(c.Port)
		if c.Replica != Relayed {
			rid = g.deliverRID(c.Replica)
		}
		refs = append(refs, copyRef{port: c.Port, rid: rid})
	}
	slices.SortFunc(refs, compareRefs)
	return refs
}
