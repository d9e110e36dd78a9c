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

// Config configures a replica.
type Config struct {
	System       System
	Self         int              // which of Replicas this is
	Replicas     []transport.Peer // of the group: 2f+1, or one unreplicated server
	Keys         wire.Keys
	StateMachine replica.StateMachine // empty

	// Incarnation must grow with every start of a replica; 0 stands for the host's clock. Recover says that this is
	// not the first start: the state must come from the other replicas.
	Incarnation uint64
	Recover     bool

	Batch int // maximum number of requests in a PREPARE of PaxosBatching; default 64
	// Core has the tunable parameters, where zero stands for the default. Fields that this Config has too are
	// ignored.
	Core vr.Config
}

const defaultBatch = 64

// core returns Core with the fields of cfg filled in.
func (cfg Config) core() vr.Config {
	c := cfg.Core
	c.N, c.Self, c.Keys, c.Recover = len(cfg.Replicas), cfg.Self, cfg.Keys, cfg.Recover
	c.Incarnation = cmp.Or(cfg.Incarnation, uint64(time.Now().UnixNano()))
	c.MTU = cmp.Or(c.MTU, transport.DefaultMTU)
	return c
}

// NewCore returns a replica as a state machine, for an event loop or a simulator.
func NewCore(cfg Config) (node.Core, error) {
	if cfg.StateMachine == nil {
		return nil, fmt.Errorf("baseline: no StateMachine, expected the service to replicate")
	}
	switch cfg.System {
	case Unreplicated:
		if len(cfg.Replicas) != 1 {
			return nil, fmt.Errorf("baseline: %d replicas of an unreplicated server, expected 1", len(cfg.Replicas))
		}
		return unreplicated.New(cfg.Keys, cfg.core().MTU, cfg.StateMachine)
	case Paxos:
		return paxos.New(cfg.core(), 1, cfg.StateMachine)
	case PaxosBatching:
		return paxos.New(cfg.core(), cmp.Or(cfg.Batch, defaultBatch), cfg.StateMachine)
	case FastPaxos:
		return fastpaxos.New(cfg.core(), cfg.StateMachine)
	case SpecPaxos:
		return specpaxos.New(cfg.core(), cfg.StateMachine)
	}
	return nil, fmt.Errorf("baseline: %v, expected one of the systems", cfg.System)
}
