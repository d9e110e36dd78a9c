package controlplane

import (
	"fmt"
	"slices"

	"github.com/netordered/nopaxos/p4src"

	"github.com/netordered/nopaxos/controlplane/fabric"
	"github.com/netordered/nopaxos/controlplane/tables"
)

// walker passes packets through compiled tables as the switch program does (p4src/oum.p4).
type walker struct {
	topo   *fabric.Topology
	tables []*tables.State // by switch; nil: it drops everything
	wires  map[fabric.Port]fabric.Port
	hosts  map[fabric.Port]*fabric.Host
	cut    map[fabric.Port]bool // packets that leave there are lost
	punted []fabric.Port        // ingress ports of the packets handed to the controller
}

func newWalker(topo *fabric.Topology, at func(s int) *tables.State) *walker {
	w := &walker{topo: topo, wires: map[fabric.Port]fabric.Port{}, hosts: map[fabric.Port]*fabric.Host{}, cut: map[fabric.Port]bool{}}
	for s := range topo.Switches {
		w.tables = append(w.tables, at(s))
	}
	for _, l := range topo.Links {
		w.wires[l.A], w.wires[l.B] = l.B, l.A
	}
	for i := range topo.Hosts {
		w.hosts[topo.Hosts[i].At] = &topo.Hosts[i]
	}
	return w
}

// packet has the fields of a packet that the program reads or changes.
type packet struct {
	dst     uint32
	udpPort uint16
	dmac    fabric.MAC
	smac    fabric.MAC
	oum     bool
	stamped bool
	session uint32
	ttl     int
	in      uint16 // port that it came in through
	path    []int  // switches that it went through, since it was stamped if it is
}

// delivery is a packet that reached a host.
type delivery struct {
	host *fabric.Host
	packet
}

// fromHost sends a packet from a host to its switch and returns the deliveries to hosts.
func (w *walker) fromHost(h *fabric.Host, p packet) ([]delivery, error) {
	p.ttl = 64
	return w.arrive(h.At, p)
}

// arrive passes on a packet that arrives at a port of a switch.
func (w *walker) arrive(at fabric.Port, p packet) ([]delivery, error) {
	t := w.tables[at.Switch]
	if t == nil || p.ttl <= 1 {
		return nil, nil
	}
	if slices.Contains(p.path, at.Switch) {
		return nil, fmt.Errorf("a packet to %#x (stamped: %v) passes switch %d twice: %v", p.dst, p.stamped, at.Switch, p.path)
	}
	p.path = append(slices.Clone(p.path), at.Switch)
	p.ttl--
	p.in = at.Number
	if !p.oum {
		return w.route(at.Switch, t, p)
	}
	if _, fabric := t.Entries[tables.Key{Table: p4src.TablePortRole, Match: uint64(at.Number)}]; p.stamped && !fabric {
		return nil, nil
	}
	bit := uint64(tables.Unstamped)
	if p.stamped {
		bit = tables.Stamped
	}
	act, hit := t.Entries[tables.GroupKey(p.dst, bit)]
	if !hit {
		return w.route(at.Switch, t, p)
	}
	switch act.ID {
	case p4src.ActionSequence:
		p.path = []int{at.Switch} // the path down may be the path up
		p.stamped, p.session = true, uint32(act.Params[p4src.ParamSequenceSession-1])
		return w.multicast(at.Switch, t, uint16(act.Params[p4src.ParamSequenceMcastGrp-1]), p)
	case p4src.ActionReplicate:
		return w.multicast(at.Switch, t, uint16(act.Params[p4src.ParamReplicateMcastGrp-1]), p)
	case p4src.ActionToSequencer:
		return w.leave(at.Switch, act, p)
	}
	return nil, nil
}

func (w *walker) route(s int, t *tables.State, p packet) ([]delivery, error) {
	act, hit := t.Entries[tables.Key{Table: p4src.TableIPv4LPM, Match: uint64(p.dst), Second: 32}]
	if !hit {
		return nil, nil
	}
	return w.leave(s, act, p)
}

// leave carries out the actions forward and to_sequencer, which have the same parameters.
func (w *walker) leave(s int, act tables.Action, p packet) ([]delivery, error) {
	p.dmac, p.smac = fabric.MAC(act.Params[1]), fabric.MAC(act.Params[2])
	return w.cross(portAt(s, uint16(act.Params[0])), p)
}

func (w *walker) multicast(s int, t *tables.State, group uint16, p packet) (all []delivery, err error) {
	for _, ref := range t.Multicast[group] {
		copied := p
		act := t.Entries[tables.Key{Table: p4src.TableOUMCopy, Match: uint64(ref.RID)}]
		copied.dmac, copied.smac = fabric.MAC(act.Params[0]), fabric.MAC(act.Params[1])
		switch act.ID {
		case p4src.ActionRelay:
		case p4src.ActionDeliver:
			copied.dst, copied.udpPort = uint32(act.Params[2]), uint16(act.Params[3])
		default:
			continue
		}
		some, err := w.cross(portAt(s, ref.Port), copied)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return all, nil
}

// cross sends a packet through a port. A cable whose other end has another MAC address than the packet is an error: the
// program does not check it, but people do.
func (w *walker) cross(from fabric.Port, p packet) ([]delivery, error) {
	if w.cut[from] {
		return nil, nil
	}
	if p.smac != w.topo.Switches[from.Switch].MAC {
		return nil, fmt.Errorf("a packet leaves switch %d with source %#x, want its own MAC address", from.Switch, p.smac)
	}
	if from.Number == p4src.CPUPort {
		w.punted = append(w.punted, portAt(from.Switch, p.in))
		return nil, nil
	}
	if h := w.hosts[from]; h != nil {
		if p.dmac != h.MAC {
			return nil, fmt.Errorf("a packet reaches host %s with destination %#x, want its MAC address", h.Name, p.dmac)
		}
		return []delivery{{h, p}}, nil
	}
	to, wired := w.wires[from]
	if !wired {
		return nil, fmt.Errorf("a packet leaves switch %d through port %d, which leads nowhere", from.Switch, from.Number)
	}
	if p.dmac != w.topo.Switches[to.Switch].MAC {
		return nil, fmt.Errorf("a packet reaches switch %d with destination %#x, want its MAC address", to.Switch, p.dmac)
	}
	return w.arrive(to, p)
}
