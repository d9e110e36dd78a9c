package controlplane

// CoreStatus is what the core knows, for `status` and metrics.
type CoreStatus struct {
	Groups  []CoreGroupStatus
	Targets []CoreTargetStatus
}

// CoreGroupStatus is the state of one group.
type CoreGroupStatus struct {
	Number    uint32
	Session   uint32 // newest durable session number
	Phase     string // searching, allocating, installing, verifying or active
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
	return s
}
