package bench

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/netordered/nopaxos/lab/baseline"
	"github.com/netordered/nopaxos/lab/bench/role"
)

// System is something that can be measured: which roles it has, and how clients reach it.
type System struct {
	Name  string // in results
	Title string // in figures
	// Single says that it is one server, whatever the number of replicas.
	Single bool
	// Present returns why the system cannot be run here; nil: it can.
	Present func(*Config) error

	cast func(*cast) error
}

// The names of the systems that figures and targets speak of.
const (
	nopaxos      = role.SystemNOPaxos
	unreplicated = "unreplicated"
	paxos        = "paxos"
	batching     = "paxos-batching"
	fastPaxos    = "fastpaxos"
	specPaxos    = "specpaxos"
	etcdRaft     = "etcd-raft"
	hashiRaft    = "hashicorp-raft"
	bareEcho     = role.SystemEcho
	bareSeq      = role.SystemSequencer
	behindBMv2   = "nopaxos-bmv2"
)

// Systems are all systems, in the order in which reports list them.
var Systems = []System{
	{Name: nopaxos, Title: "NOPaxos", Present: always, cast: castOrdered},
	{Name: unreplicated, Title: "Unreplicated", Single: true, Present: inBaseline(unreplicated), cast: castServers},
	{Name: paxos, Title: "Paxos", Present: inBaseline(paxos), cast: castServers},
	{Name: batching, Title: "Paxos + batching", Present: inBaseline(batching), cast: castServers},
	{Name: fastPaxos, Title: "Fast Paxos", Present: inBaseline(fastPaxos), cast: castOrdered},
	{Name: specPaxos, Title: "SpecPaxos", Present: inBaseline(specPaxos), cast: castOrdered},
	{Name: etcdRaft, Title: "etcd-io/raft", Present: peersBuilt, cast: castPeers},
	{Name: hashiRaft, Title: "hashicorp/raft", Present: peersBuilt, cast: castPeers},
	{Name: bareEcho, Title: "Bare echo", Single: true, Present: always, cast: castEcho},
	{Name: bareSeq, Title: "Sequencer alone", Present: always, cast: castSequencer},
	{Name: behindBMv2, Title: "NOPaxos behind BMv2", Present: switchPresent, cast: castBMv2},
}

// findSystem returns the system of that name.
func findSystem(name string) (*System, error) {
	for i := range Systems {
		if Systems[i].Name == name {
			return &Systems[i], nil
		}
	}
	return nil, fmt.Errorf("no system %q", name)
}

func always(*Config) error { return nil }

// inBaseline wants a system that package baseline has.
func inBaseline(name string) func(*Config) error {
	return func(*Config) error {
		_, err := baseline.ParseSystem(name)
		return err
	}
}

// peersName is the binary of the module bench/peers.
const peersName = "nopaxos-bench-peers"

// peersBinary is where `make bench` puts it: beside this program.
func peersBinary(c *Config) string { return filepath.Join(filepath.Dir(c.Lab), peersName) }

// peersBuilt wants the binary of bench/peers.
func peersBuilt(c *Config) error {
	if _, err := os.Stat(peersBinary(c)); err != nil {
		return errors.New("bench/peers is not built: `make bench-peers` does it")
	}
	return nil
}
