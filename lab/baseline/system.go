package baseline

import (
	"fmt"
	"strings"

	"github.com/netordered/nopaxos/internal/clientcore"
	"github.com/netordered/nopaxos/lab/baseline/vr"
)

// System is one of the systems.
type System uint8

const (
	// Unreplicated is one server that executes and replies.
	Unreplicated System = iota + 1
	// Paxos is Multi-Paxos, one request at a time.
	Paxos
	// PaxosBatching is Multi-Paxos whose leader orders many requests with one message.
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

// ParseSystem returns the system of a name.
func ParseSystem(name string) (System, error) {
	for _, s := range Systems() {
		if s.String() == name {
			return s, nil
		}
	}
	return 0, fmt.Errorf("baseline: no system %q, expected one of %s", name, strings.Join(systemNames[1:], ", "))
}

// Multicast reports whether clients send each request to all replicas. The order in which it arrives
// should be the same at all of them, mostly: a client that sends to a NOPaxos group's sequencer
// (clientcore.NewMulticast) gets that from the same fabric as NOPaxos. The replicas do not look at what the sequencer
// stamps.
func (s System) Multicast() bool { return s == FastPaxos || s == SpecPaxos }

// Rule is when a client of n replicas of the system has the outcome of a request. A leader that has waited
// for its own quorum answers alone.
func (s System) Rule(n int) clientcore.Rule {
	if s == SpecPaxos {
		return clientcore.Rule{Quorum: vr.Superquorum(n), Speculative: true, Read: readSpeculative}
	}
	return clientcore.Rule{Quorum: 1}
}
