package baseline

import (
	"cmp"
	"fmt"
	"time"

	"github.com/netordered/nopaxos/lab/baseline/fastpaxos"
	"github.com/netordered/nopaxos/lab/baseline/node"
	"github.com/netordered/nopaxos/lab/baseline/paxos"
	"github.com/netordered/nopaxos/lab/baseline/specpaxos"
	"github.com/netordered/nopaxos/lab/baseline/unreplicated"
	"github.com/netordered/nopaxos/lab/baseline/vr"
	"github.com/netordered/nopaxos/replica"
	"github.com/netordered/nopaxos/replica/wire"
	"github.com/netordered/nopaxos/transport"
)

// Config is what a replica is told at its start.
type Config struct {
	System       System
	Self         int              // which of Replicas this is
	Replicas     []transport.Peer // of the group: 2f+1, or the one server
	Keys         wire.Keys
	StateMachine replica.StateMachine // empty

	// Incarnation has to be greater at every start of a replica than at its earlier ones; 0 stands for
	// the host's clock. Recover says that this is not its first start: the state has to come from the
	// others.
	Incarnation uint64
	Recover     bool

	Batch int // requests in a PREPARE of PaxosBatching at most; default 64
	// Core has the tunable parameters, of which zero ones are defaults. What this Config says itself
	// need not be set in it.
	Core vr.Config
}

const defaultBatch = 64

// core is the replica's configuration: Core, and what this Config says itself.
func (cfg Config) core() vr.Config {
	c := cfg.Core
	c.N, c.Self, c.Keys, c.Recover = len(cfg.Replicas), cfg.Self, cfg.Keys, cfg.Recover
	c.Incarnation = cmp.Or(cfg.Incarnation, uint64(time.Now().UnixNano()))
	c.MTU = cmp.Or(c.MTU, transport.DefaultMTU)
	return c
}

// NewCore makes a replica as a state machine, for an event loop or a simulator to run.
func NewCore(cfg Config) (node.Core, error) {
	if cfg.StateMachine == nil {
		return nil, fmt.Errorf("baseline: no StateMachine, expected the service to replicate")
	}
	switch cfg.System {
	case Unreplicated:
		if len(cfg.Replicas) != 1 {
			return nil, fmt.Errorf("baseline: %d replicas of an unreplicated server, expected 1", len(cfg.Replicas))
		}
		core := cfg.core()
		return unreplicated.New(unreplicated.Config{Keys: cfg.Keys, MTU: core.MTU, MaxClients: core.MaxClients}, cfg.StateMachine)
	case Paxos:
		return paxos.New(paxos.Config{Config: cfg.core()}, cfg.StateMachine)
	case PaxosBatching:
		return paxos.New(paxos.Config{Config: cfg.core(), Batch: cmp.Or(cfg.Batch, defaultBatch)}, cfg.StateMachine)
	case FastPaxos:
		return fastpaxos.New(cfg.core(), cfg.StateMachine)
	case SpecPaxos:
		return specpaxos.New(specpaxos.Config{Config: cfg.core()}, cfg.StateMachine)
	}
	return nil, fmt.Errorf("baseline: %v, expected one of the systems", cfg.System)
}
