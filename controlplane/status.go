package controlplane

import (
	"net/netip"
	"slices"

	"github.com/netordered/nopaxos/oumlib"
)

// CoreStatus is what the core knows, for `status` and metrics.
type CoreStatus struct {
	Groups  []CoreGroupStatus
	Targets []CoreTargetStatus
	Cut     []bool // by link of the topology: it does not carry probes
}

// CoreGroupStatus is the state of one group.
type CoreGroupStatus struct {
	Number    uint32
	Session   uint32 // newest durable session number
	Phase     string // searching, allocating, routing, installing, verifying or active
	Target    int    // sequencer that serves the group or did so last; -1: none yet
	Failovers uint64 // sessions given up since the start
}

// CoreTargetStatus is the state of one sequencer.
type CoreTargetStatus struct {
	Connected bool
	Ready     bool // an install is all that a group needs there
}

// Status returns a copy of what the core knows.
func (c *Core) Status() CoreStatus {
	s := CoreStatus{
		Groups:  make([]CoreGroupStatus, len(c.groups)),
		Targets: make([]CoreTargetStatus, len(c.targets)),
	}
	for i := range c.groups {
		g := &c.groups[i]
		s.Groups[i] = CoreGroupStatus{
			Number: g.number, Session: g.last, Phase: g.phase.String(), Target: g.target, Failovers: g.failovers,
		}
	}
	for t := range c.targets {
		s.Targets[t] = CoreTargetStatus{Connected: c.targets[t].connected, Ready: c.targets[t].ready}
	}
	if c.fabric != nil {
		s.Cut = slices.Clone(c.fabric.health.cut)
	}
	return s
}

// Status is what the controller knows, for people and metrics.
type Status struct {
	Groups  []GroupStatus
	Targets []TargetStatus
	Links   []LinkStatus // between switches
}

// LinkStatus is the state of one link.
type LinkStatus struct {
	Name string // "switch/port - switch/port"
	Cut  bool   // it does not carry probes, and is gone round
}

// GroupStatus is the state of one group.
type GroupStatus struct {
	Number           uint32
	Name             string
	Address          string // virtual IPv4 address
	Session          uint32 // as published; 0: none yet
	Sequencer        string // name of the sequencer of Session
	SequencerAddress string // "ip:port" of the same
	NewestSession    uint32 // newest durable session number
	Phase            string // searching, allocating, routing, installing, verifying or active
	Failovers        uint64 // sessions given up since the controller started
}

// TargetStatus is the state of one sequencer, or of a switch that is none.
type TargetStatus struct {
	Name             string
	P4RuntimeAddress string
	DataAddress      string // empty: a switch, which senders reach at each group's address
	State            string // down, connected or ready
	LastError        string // why the last connection ended, or the last effect failed; empty: never
	Connections      uint64 // since the controller started
}

// Status returns the state of the controller, as of the last thing that happened.
func (c *Controller) Status() Status {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.status
}

// snapshot makes the state of the core visible to Status. A snapshot is never changed in place.
func (c *Controller) snapshot() {
	core := c.core.Status()
	var s Status
	for i, g := range core.Groups {
		published, _, _ := c.routes.state(g.Number)
		s.Groups = append(s.Groups, GroupStatus{
			Number: g.Number, Name: c.cfg.Groups[i].Name, Address: addrOf(g.Number).String(),
			Session: published.GetSession(), Sequencer: published.GetSequencer(), SequencerAddress: published.GetSequencerAddress(),
			NewestSession: g.Session, Phase: g.Phase, Failovers: g.Failovers,
		})
	}
	for t, l := range c.targets {
		ts := TargetStatus{
			Name: l.cfg.Name, P4RuntimeAddress: l.cfg.P4RuntimeAddr, State: core.Targets[t].state(), Connections: l.connected,
		}
		if !l.cfg.Switch {
			ts.DataAddress = l.cfg.DataAddr.String()
		}
		if l.lastError != nil {
			ts.LastError = l.lastError.Error()
		}
		s.Targets = append(s.Targets, ts)
	}
	for i, cut := range core.Cut {
		l := LinkStatus{Name: c.cfg.Topology.linkName(i), Cut: cut}
		if cut != (i < len(c.status.Links) && c.status.Links[i].Cut) {
			c.log.Warn("link is cut, or whole again", "link", l.Name, "cut", cut)
		}
		s.Links = append(s.Links, l)
	}
	c.mu.Lock()
	c.status = s
	c.mu.Unlock()
}

func (t CoreTargetStatus) state() string {
	switch {
	case t.Ready:
		return "ready"
	case t.Connected:
		return "connected"
	}
	return "down"
}

// addrOf is the virtual address of a group.
func addrOf(group uint32) netip.Addr { return netip.AddrFrom4(oumlib.GroupAddress(group)) }
