package failover

import "slices"

// Status is the state of the core.
type Status struct {
	Groups  []GroupStatus
	Targets []TargetStatus
	Cut     []bool // by link of the topology: it does not carry probes
}

// GroupStatus is the state of one group.
type GroupStatus struct {
	Number    uint32
	Session   uint32 // newest durable session number
	Phase     string // searching, allocating, routing, installing, verifying or active
	Target    int    // sequencer that serves the group or did so last; -1: none yet
	Failovers uint64 // sessions given up since the start
}

// TargetStatus is the state of one target.
type TargetStatus struct {
	Connected bool
	Ready     bool // an install is all that a group needs there
}

// Status returns a copy of the core's state.
func (c *Core) Status() Status {
	s := Status{
		Groups:  make([]GroupStatus, len(c.groups)),
		Targets: make([]TargetStatus, len(c.targets)),
		Cut:     slices.Clone(c.fabric.Cut()),
	}
	for i := range c.groups {
		g := &c.groups[i]
		s.Groups[i] = GroupStatus{
			Number: g.number, Session: g.last, Phase: g.phase.String(), Target: g.target, Failovers: g.failovers,
		}
	}
	for t := range c.targets {
		s.Targets[t] = TargetStatus{Connected: c.targets[t].connected, Ready: c.targets[t].ready}
	}
	return s
}

// String returns down, connected or ready.
func (t TargetStatus) String() string {
	switch {
	case t.Ready:
		return "ready"
	case t.Connected:
		return "connected"
	}
	return "down"
}
