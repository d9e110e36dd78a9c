package controlplane

import (
	"fmt"
	"slices"

	"github.com/netordered/nopaxos/p4src"
)

// walker passes packets through compiled tables as the switch program does (p4src/oum.p4).
type walker struct {
	topo   *Topology
	tables []*tables // by switch; nil: it drops everything
	wires  map[Port]Port
	hosts  map[Port]*Host
	cut    map[Port]bool // what leaves there is lost
	punted []Port        // where what the controller was handed came in
}

func newWalker(topo *Topology, at func(s int) *tables) *walker {
	w := &walker{topo: topo, wires: map[Port]Port{}, hosts: map[Port]*Host{}, cut: map[Port]bool{}}
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

// packet is what of a packet the program looks at or changes.
type packet struct {
	dst     uint32
	udpPort uint16
	dmac    MAC
	smac    MAC
	oum     bool
	stamped bool
	session uint32
	ttl     int
	in      uint16 // port that it came in through
	path    []int  // switches that it went through, since it was stamped if it is
}

// delivery is a packet that reached a host.
type delivery struct {
	host *Host
	packet
}

// fromHost sends a packet from a host to its switch and returns what reaches hosts.
func (w *walker) fromHost(h *Host, p packet) ([]delivery, error) {
	p.ttl = 64
	return w.arrive(h.At, p)
}

// arrive is a packet that comes in through a port of a switch.
func (w *walker) arrive(at Port, p packet) ([]delivery, error) {
	t := w.tables[at.Switch]
	if t == nil || p.ttl <= 1 {
		return nil, nil
	}
	if slices.Contains(p.path, at.Switch) {
		return nil, fmt.Errorf("a packet to %#x (stamped: %v) comes to switch %d again: %v", p.dst, p.stamped, at.Switch, p.path)
	}
	p.path = append(slices.Clone(p.path), at.Switch)
	p.ttl--
	p.in = at.Number
	if !p.oum {
		return w.route(at.Switch, t, p)
	}
	if _, fabric := t.entries[tableKey{table: p4src.TablePortRole, match: uint64(at.Number)}]; p.stamped && !fabric {
		return nil, nil
	}
	bit := uint64(unstamped)
	if p.stamped {
		bit = stamped
	}
	act, hit := t.entries[oumGroupKey(p.dst, bit)]
	if !hit {
		return w.route(at.Switch, t, p)
	}
	switch act.id {
	case p4src.ActionSequence:
		p.path = []int{at.Switch} // the way down may be the way up
		p.stamped, p.session = true, uint32(act.params[p4src.ParamSequenceSession-1])
		return w.multicast(at.Switch, t, uint16(act.params[p4src.ParamSequenceMcastGrp-1]), p)
	case p4src.ActionReplicate:
		return w.multicast(at.Switch, t, uint16(act.params[p4src.ParamReplicateMcastGrp-1]), p)
	case p4src.ActionToSequencer:
		return w.leave(at.Switch, act, p)
	}
	return nil, nil
}

func (w *walker) route(s int, t *tables, p packet) ([]delivery, error) {
	act, hit := t.entries[tableKey{table: p4src.TableIPv4LPM, match: uint64(p.dst), second: 32}]
	if !hit {
		return nil, nil
	}
	return w.leave(s, act, p)
}

// leave carries out forward or to_sequencer, which have the same parameters.
func (w *walker) leave(s int, act tableAction, p packet) ([]delivery, error) {
	p.dmac, p.smac = MAC(act.params[1]), MAC(act.params[2])
	return w.cross(Port{s, uint16(act.params[0])}, p)
}

func (w *walker) multicast(s int, t *tables, group uint16, p packet) (all []delivery, err error) {
	for _, ref := range t.mcast[group] {
		copied := p
		act := t.entries[tableKey{table: p4src.TableOUMCopy, match: uint64(ref.rid)}]
		copied.dmac, copied.smac = MAC(act.params[0]), MAC(act.params[1])
		switch act.id {
		case p4src.ActionRelay:
		case p4src.ActionDeliver:
			copied.dst, copied.udpPort = uint32(act.params[2]), uint16(act.params[3])
		default:
			continue
		}
		some, err := w.cross(Port{s, ref.port}, copied)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return all, nil
}

// cross is a packet that leaves through a port. A cable whose other end expects another MAC address is an
// error: the program does not look at it, and people do.
func (w *walker) cross(from Port, p packet) ([]delivery, error) {
	if w.cut[from] {
		return nil, nil
	}
	if p.smac != w.topo.Switches[from.Switch].MAC {
		return nil, fmt.Errorf("a packet leaves switch %d with source %#x, want its own MAC address", from.Switch, p.smac)
	}
	if from.Number == p4src.CPUPort {
		w.punted = append(w.punted, Port{from.Switch, p.in})
		return nil, nil
	}
	if h := w.hosts[from]; h != nil {
		if p.dmac != h.MAC {
			return nil, fmt.Errorf("a packet comes to host %s with destination %#x, want its MAC address", h.Name, p.dmac)
		}
		return []delivery{{h, p}}, nil
	}
	to, wired := w.wires[from]
	if !wired {
		return nil, fmt.Errorf("a packet leaves switch %d through port %d, which leads nowhere", from.Switch, from.Number)
	}
	if p.dmac != w.topo.Switches[to.Switch].MAC {
		return nil, fmt.Errorf("a packet comes to switch %d with destination %#x, want its MAC address", to.Switch, p.dmac)
	}
	return w.arrive(to, p)
}
