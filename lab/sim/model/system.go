package model

import (
	"fmt"

	"github.com/netordered/nopaxos/lab/baseline"
)

// System is a system with predicted performance.
type System uint8

const (
	// unreplicated is a single server.
	unreplicated System = iota
	// nopaxos uses a root switch as its sequencer.
	nopaxos
	// nopaxosEndHost uses a host as its sequencer, which sends a copy to every replica.
	nopaxosEndHost
	// paxos, paxosBatching, fastPaxos and specPaxos are those of package baseline. Requests of the last two are
	// multicast through the same root switch as those of NOPaxos.
	paxos
	paxosBatching
	fastPaxos
	specPaxos

	systems
)

// allSystems returns all systems.
func allSystems() []System {
	var all []System
	for s := range systems {
		all = append(all, s)
	}
	return all
}

func (s System) String() string {
	return [...]string{
		"Unreplicated", "NOPaxos", "NOPaxos, end-host sequencer", "Paxos", "Paxos with batching", "Fast Paxos", "SpecPaxos",
	}[s]
}

// MarshalText implements encoding.TextMarshaler.
func (s System) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

func (s System) ordered() bool { return s == nopaxos || s == nopaxosEndHost }

// baseline returns the corresponding system of package baseline.
func (s System) baseline() baseline.System {
	switch s {
	case unreplicated:
		return baseline.Unreplicated
	case paxos:
		return baseline.Paxos
	case paxosBatching:
		return baseline.PaxosBatching
	case fastPaxos:
		return baseline.FastPaxos
	case specPaxos:
		return baseline.SpecPaxos
	}
	panic(fmt.Sprintf("model: %v is not a system of package baseline", s))
}

// multicast reports whether clients send to all replicas at once.
func (s System) multicast() bool { return s.ordered() || s.baseline().Multicast() }
