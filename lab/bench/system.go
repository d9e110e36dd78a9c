package bench

import (
	"fmt"

	"github.com/netordered/nopaxos/lab/bench/peers"
	"github.com/netordered/nopaxos/lab/bench/role"
)

// System is a system that can be measured.
type System struct {
	Name  string // in results
	Title string // in figures
	// Single means that it is one server for any number of replicas.
	Single bool
	// Present returns an error if the system cannot run on this machine. nil: it runs everywhere.
	Present func() error

	cast func(*cast) error // starts the roles
}

// The names of the systems.
const (
	nopaxos      = role.SystemNOPaxos
	unreplicated = "unreplicated"
	paxos        = "paxos"
	batching     = "paxos-batching"
	fastPaxos    = "fastpaxos"
	specPaxos    = "specpaxos"
	etcdRaft     = peers.Etcd
	hashiRaft    = peers.Hashicorp
	bareEcho     = role.SystemEcho
	bareSeq      = role.SystemSequencer
	behindBMv2   = "nopaxos-bmv2"
)

// Systems lists all systems, in the order of reports.
var Systems = []System{
	{Name: nopaxos, Title: "NOPaxos", cast: castOrdered},
	{Name: unreplicated, Title: "Unreplicated", Single: true, cast: castServers},
	{Name: paxos, Title: "Paxos", cast: castServers},
	{Name: batching, Title: "Paxos + batching", cast: castServers},
	{Name: fastPaxos, Title: "Fast Paxos", cast: castOrdered},
	{Name: specPaxos, Title: "SpecPaxos", cast: castOrdered},
	{Name: etcdRaft, Title: "etcd-io/raft", cast: castServers},
	{Name: hashiRaft, Title: "hashicorp/raft", cast: castServers},
	{Name: bareEcho, Title: "Bare echo", Single: true, cast: castEcho},
	{Name: bareSeq, Title: "Sequencer alone", cast: castSequencer},
	{Name: behindBMv2, Title: "NOPaxos behind BMv2", Present: switchPresent, cast: castBMv2},
}

// findSystem returns a system by its name.
func findSystem(name string) (*System, error) {
	for i := range Systems {
		if Systems[i].Name == name {
			return &Systems[i], nil
		}
	}
	return nil, fmt.Errorf("no system %q", name)
}
