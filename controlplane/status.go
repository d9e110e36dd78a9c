package controlplane

// Status is what the controller knows, for people and metrics.
type Status struct {
	Groups  []GroupStatus
	Targets []TargetStatus
	Links   []LinkStatus // between switches
}

// LinkStatus is the state of one link.
type LinkStatus struct {
	Name string // "switch/port - switch/port"
	Cut  bool   // it does not carry probes: traffic is routed around it
}

// GroupStatus is the state of one group.
type GroupStatus struct {
	Number        uint32
	Name          string
	Session       uint32 // as published; 0: none yet
	Sequencer     string // name of the sequencer of Session
	NewestSession uint32 // newest durable session number
	Phase         string // searching, allocating, routing, installing, verifying or active
	Failovers     uint64 // sessions given up since the controller started
}

// TargetStatus is the state of one sequencer, or of another switch.
type TargetStatus struct {
	Name             string
	P4RuntimeAddress string
	DataAddress      string // empty: a switch, which senders reach at each group's address
	State            string // down, connected or ready
	LastError        string // why the last connection ended, or the last effect failed; empty: never
	Connections      uint64 // since the controller started
}
