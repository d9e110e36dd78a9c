package baseline

import (
	"fmt"
	"strings"

	"github.com/netordered/nopaxos/internal/clientcore"
	"github.com/netordered/nopaxos/lab/baseline/vr"
)

// System is a comparison system.
type System uint8

const (
	// Unreplicated is a single server that executes and replies.
	Unreplicated System = iota + 1
	// Paxos is Multi-Paxos with one request per PREPARE.
	Paxos
	// PaxosBatching is Multi-Paxos with many requests per PREPARE.
	PaxosBatching
	// FastPaxos is Fast Paxos: clients send to all replicas.
	FastPaxos
	// SpecPaxos is Speculative Paxos: clients send to all replicas, which execute before they agree.
	SpecPaxos

	systemEnd
)

var systemNames = [systemEnd]string{
	Unreplicated: "unreplicated", Paxos: "paxos", PaxosBatching: "paxos-batching",
	FastPaxos: "fastpaxos", SpecPaxos: "specpaxos",
}

// Systems returns all systems.
func Systems() []System {
	var all []System
	for s := Unreplicated; s < systemEnd; s++ {
		all = append(all, s)
	}
	return all
}

func (s System) String() string {
	if s > 0 && s < systemEnd {
		return systemNames[s]
	}
	return fmt.Sprintf("system-%d", uint8(s))
}

// ParseSystem returns the system with a name.
func ParseSystem(name string) (System, error) {
	for _, s := range Systems() {
		if s.String() == name {
			return s, nil
		}
	}
	return 0, fmt.Errorf("baseline: no system %q, expected one of %s", name, strings.Join(systemNames[1:], ", "))
}

// Multicast reports whether clients send each request to all replicas. Most requests should arrive in the same order
// at all of them. A client that sends to a NOPaxos group's sequencer (clientcore.NewMulticast) gets that order from
// the same fabric as NOPaxos; the replicas ignore the stamps.
func (s System) Multicast() bool { return s == FastPaxos || s == SpecPaxos }

// Rule is the condition under which a client of n replicas has the outcome of a request. A leader that has waited for
// its own quorum answers alone.
func (s System) Rule(n int) clientcore.Rule {
	if s == SpecPaxos {
		return clientcore.Rule{Quorum: vr.Superquorum(n), Speculative: true, Read: readSpeculative}
	}
	return clientcore.Rule{Quorum: 1}
}
