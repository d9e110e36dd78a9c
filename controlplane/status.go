package controlplane

import "github.com/netordered/nopaxos/controlplane/api"

// Status is the state of the controller. Its reply also answers the Status call of package api. It is immutable.
type Status struct {
	*api.StatusReply
	Links []LinkStatus // between switches
}

// LinkStatus is the state of one link.
type LinkStatus struct {
	Name string // "switch/port - switch/port"
	Cut  bool   // it does not carry probes: traffic is routed around it
}
