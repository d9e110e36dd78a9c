package tables

import (
	"net/netip"
	"slices"

	"github.com/netordered/nopaxos/controlplane/fabric"
	"github.com/netordered/nopaxos/controlplane/failover"
	"github.com/netordered/nopaxos/oumlib"
	"github.com/netordered/nopaxos/p4src"
	"github.com/netordered/nopaxos/replica/wire"
)

// endHostPort is the egress port of every copy of an end-host sequencer. It sends through its host's routing, so that
// neither the port nor the MAC addresses of a copy, which are 0, mean anything there.
const endHostPort = 1

// copiesPerGroup is how many copy numbers (egress_rid, 16 bits, over MaxGroups groups) each group has.
const copiesPerGroup = (1 << 16) / p4src.MaxGroups

// The first copy number of a group belongs to no replica: the largest group fits the others.
const _ uint = copiesPerGroup - 1 - wire.MaxReplicas

// Plan compiles decisions into tables. It is immutable.
type Plan struct {
	tokenKey []byte
	topo     *fabric.Topology // nil: there are no switches
	groups   []groupPlan
	index    map[uint32]int // group number → index in groups
}

// groupPlan is the part of a group's entries that does not depend on the sequencer.
type groupPlan struct {
	number    uint32
	cell      uint16 // register cell
	multicast uint16 // multicast group
	replicas  []netip.AddrPort
}

// NewPlan makes a plan. cell returns the register cell of a group. The numbers of its multicast group and its copies
// follow from it: they depend neither on the order of the groups in the configuration nor on which others there are.
func NewPlan(topo *fabric.Topology, groups []fabric.Group, tokenKey []byte, cell func(group uint32) (uint16, error)) (*Plan, error) {
	p := &Plan{tokenKey: tokenKey, topo: topo, index: make(map[uint32]int)}
	for i, g := range groups {
		cell, err := cell(g.Number)
		if err != nil {
			return nil, err
		}
		p.groups = append(p.groups, groupPlan{number: g.Number, cell: cell, multicast: cell + 1, replicas: g.Replicas})
		p.index[g.Number] = i
	}
	return p, nil
}

// deliverRID returns the copy number (egress_rid) of the copy to a replica.
func (g *groupPlan) deliverRID(replica int) uint16 {
	return g.cell*copiesPerGroup + uint16(replica) + 1
}

// relayRID returns the copy number of a copy through a port to the next switch, of any group. No replica has it.
func relayRID(port uint16) uint16 { return port * copiesPerGroup }

// The values of the SEQUENCED bit.
const (
	Unstamped = 0
	Stamped   = 1
)

// GroupKey returns the key of a group's entry in oum_group.
func GroupKey(group uint32, sequenced uint64) Key {
	return Key{Table: p4src.TableOUMGroup, Match: uint64(group), Second: sequenced}
}

// Install returns the change that writes the sequence entry of (group, session). replace tells whether the group has an
// entry for unstamped packets.
func (p *Plan) Install(group, session uint32, replace bool) Change {
	c := Change{Kind: Insert, Key: GroupKey(group, Unstamped), Action: p.sequence(&p.groups[p.index[group]], session)}
	if replace {
		c.Kind = Modify
	}
	return c
}

// Remove returns the change that deletes the sequence entry of group. On a switch that f makes pass the group's packets
// on, that action replaces it; f is nil for an end-host sequencer.
func (p *Plan) Remove(group uint32, f *fabric.Forwarding) Change {
	c := Change{Kind: Delete, Key: GroupKey(group, Unstamped)}
	if f != nil {
		if hop := f.Groups[p.index[group]].ToSequencer; hop != nil {
			c.Kind, c.Action = Modify, p.toSequencer(f.Switch, *hop)
		}
	}
	return c
}

// sequence returns the action of (group, session) on the group's sequencer.
func (p *Plan) sequence(g *groupPlan, session uint32) Action {
	return Action{ID: p4src.ActionSequence, Params: [4]uint64{
		p4src.ParamSequenceGroupIndex - 1: uint64(g.cell),
		p4src.ParamSequenceSession - 1:    uint64(session),
		p4src.ParamSequenceToken - 1:      oumlib.SessionToken(p.tokenKey, g.number, session),
		p4src.ParamSequenceMcastGrp - 1:   uint64(g.multicast),
	}}
}

// toSequencer returns the action that passes on unstamped packets, and probes.
func (p *Plan) toSequencer(s int, hop fabric.Hop) Action {
	return Action{ID: p4src.ActionToSequencer, Params: [4]uint64{
		p4src.ParamToSequencerPort - 1: uint64(hop.Port),
		p4src.ParamToSequencerDMAC - 1: uint64(hop.MAC),
		p4src.ParamToSequencerSMAC - 1: uint64(p.topo.Switches[s].MAC),
	}}
}

// Sequences returns the sequence entries of planned groups in a target's tables.
func (p *Plan) Sequences(have *State) []failover.SequenceEntry {
	var found []failover.SequenceEntry
	for i := range p.groups {
		g := &p.groups[i]
		if act, there := have.Entries[GroupKey(g.number, Unstamped)]; there && serves(act) {
			session := uint32(act.Params[p4src.ParamSequenceSession-1])
			found = append(found, failover.SequenceEntry{Group: g.number, Session: session, Intact: act == p.sequence(g, session)})
		}
	}
	return found
}

// serves reports whether an action of oum_group is that of a sequencer. Session 0 is none.
func serves(act Action) bool {
	return act.ID == p4src.ActionSequence && act.Params[p4src.ParamSequenceSession-1] != 0
}

// Compile returns the tables that a target with tables have shall have; f is nil for an end-host sequencer. Sequence
// entries of planned groups stay as they are.
func (p *Plan) Compile(f *fabric.Forwarding, have *State) *State {
	want := New()
	for i := range p.groups {
		key := GroupKey(p.groups[i].number, Unstamped)
		if act, there := have.Entries[key]; there && serves(act) {
			want.Entries[key] = act
		}
	}
	if f == nil {
		p.endHost(want)
		return want
	}
	p.ports(want, f.Switch)
	p.routes(want, f)
	p.probes(want, f.Switch)
	for i := range p.groups {
		p.copies(want, f.Switch, &p.groups[i])
		p.group(want, have, f.Switch, &p.groups[i], f.Groups[i])
	}
	return want
}

// endHost adds the copies of an end-host sequencer, which sends every copy itself.
func (p *Plan) endHost(want *State) {
	for i := range p.groups {
		g := &p.groups[i]
		for r, replica := range g.replicas {
			rid := g.deliverRID(r)
			want.Entries[Key{Table: p4src.TableOUMCopy, Match: uint64(rid)}] = deliver(replica, 0, 0)
			want.Multicast[g.multicast] = append(want.Multicast[g.multicast], Copy{endHostPort, rid})
		}
	}
}

// ports adds the roles of switch s's ports, its answers to ARP, and the copies to its neighbours.
func (p *Plan) ports(want *State, s int) {
	mac := p.topo.Switches[s].MAC
	trust := func(port uint16) {
		want.Entries[Key{Table: p4src.TablePortRole, Match: uint64(port)}] = Action{ID: p4src.ActionFabric}
	}
	for _, n := range p.topo.Neighbours()[s] {
		trust(n.Port)
		want.Entries[Key{Table: p4src.TableOUMCopy, Match: uint64(relayRID(n.Port))}] = Action{
			ID: p4src.ActionRelay,
			Params: [4]uint64{
				p4src.ParamRelayDMAC - 1: uint64(p.topo.Switches[n.Switch].MAC),
				p4src.ParamRelaySMAC - 1: uint64(mac),
			},
		}
	}
	for _, h := range p.topo.Hosts {
		if h.At.Switch != s {
			continue
		}
		if h.Trusted {
			trust(h.At.Number)
		}
		if h.Gateway.IsValid() {
			key := Key{Table: p4src.TableARPGateway, Match: uint64(fabric.AddressNumber(h.Gateway))}
			want.Entries[key] = Action{ID: p4src.ActionARPReply, Params: [4]uint64{p4src.ParamARPReplyMAC - 1: uint64(mac)}}
		}
	}
}

func (p *Plan) routes(want *State, f *fabric.Forwarding) {
	for address, hop := range f.Routes {
		want.Entries[Key{Table: p4src.TableIPv4LPM, Match: uint64(address), Second: 32}] = Action{
			ID: p4src.ActionForward,
			Params: [4]uint64{
				p4src.ParamForwardPort - 1: uint64(hop.Port),
				p4src.ParamForwardDMAC - 1: uint64(hop.MAC),
				p4src.ParamForwardSMAC - 1: uint64(p.topo.Switches[f.Switch].MAC),
			},
		}
	}
}

// probes adds the forwarding of the probes of switch s's links: its own go to the controller when they return, the
// others back where they came from. Both are stamped packets, which switches accept from each other only.
func (p *Plan) probes(want *State, s int) {
	for i, l := range p.topo.Links {
		ends := l.Ends()
		for end, at := range ends {
			if at.Switch == s && p.topo.Probed(i) {
				want.Entries[GroupKey(fabric.ProbeAddr(i, end), Stamped)] = p.toSequencer(s, fabric.Hop{Port: p4src.CPUPort})
				back := fabric.Hop{Port: at.Number, MAC: p.topo.Switches[ends[1-end].Switch].MAC}
				want.Entries[GroupKey(fabric.ProbeAddr(i, 1-end), Stamped)] = p.toSequencer(s, back)
			}
		}
	}
}

// copies adds how the copies to a group's replicas at switch s are addressed.
func (p *Plan) copies(want *State, s int, g *groupPlan) {
	for r, replica := range g.replicas {
		if h := p.topo.HostAt(replica.Addr()); h.At.Switch == s {
			key := Key{Table: p4src.TableOUMCopy, Match: uint64(g.deliverRID(r))}
			want.Entries[key] = deliver(replica, h.MAC, p.topo.Switches[s].MAC)
		}
	}
}

func deliver(replica netip.AddrPort, dmac, smac fabric.MAC) Action {
	return Action{ID: p4src.ActionDeliver, Params: [4]uint64{
		p4src.ParamDeliverDMAC - 1:    uint64(dmac),
		p4src.ParamDeliverSMAC - 1:    uint64(smac),
		p4src.ParamDeliverIP - 1:      uint64(fabric.AddressNumber(replica.Addr())),
		p4src.ParamDeliverUDPPort - 1: uint64(replica.Port()),
	}}
}

// group adds the forwarding of a group's packets at switch s.
func (p *Plan) group(want, have *State, s int, g *groupPlan, f fabric.GroupForwarding) {
	unstamped, stamped := GroupKey(g.number, Unstamped), GroupKey(g.number, Stamped)
	_, sequencer := want.Entries[unstamped]
	keep := func(key Key) {
		if act, there := have.Entries[key]; there {
			want.Entries[key] = act
		}
	}
	had, there := have.Multicast[g.multicast]
	if f.Undecided {
		keep(unstamped)
		keep(stamped)
		if there {
			want.Multicast[g.multicast] = had
		}
		return
	}
	switch {
	case sequencer:
	case f.Sequences:
		keep(unstamped)
	case f.ToSequencer != nil:
		want.Entries[unstamped] = p.toSequencer(s, *f.ToSequencer)
	}
	copies := g.copies(f.Copies)
	if f.Shrink {
		copies = slices.DeleteFunc(copies, func(c Copy) bool { return !slices.Contains(had, c) })
	}
	if len(copies) > 0 || sequencer { // a sequence entry names the multicast group, even an empty one
		want.Multicast[g.multicast] = copies
	}
	if _, there = have.Entries[stamped]; len(copies) > 0 && !f.Sequences && (there || !f.Shrink) {
		want.Entries[stamped] = Action{ID: p4src.ActionReplicate, Params: [4]uint64{p4src.ParamReplicateMcastGrp - 1: uint64(g.multicast)}}
	}
}

// copies returns the copies of a group's multicast group.
func (g *groupPlan) copies(tree []fabric.Copy) []Copy {
	var copies []Copy
	for _, c := range tree {
		rid := relayRID(c.Port)
		if !c.Relayed() {
			rid = g.deliverRID(c.Replica)
		}
		copies = append(copies, Copy{Port: c.Port, RID: rid})
	}
	slices.SortFunc(copies, CompareCopies)
	return copies
}
