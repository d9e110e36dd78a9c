package failover

import (
	"slices"
	"time"

	"github.com/netordered/nopaxos/controlplane/fabric"
	"github.com/netordered/nopaxos/monotime"
)

// Core decides which sequencer serves which group in which session. It is deterministic: the same calls with the same
// times give the same effects. now is monotonic time since an arbitrary origin. It is not safe for concurrent use.
//
// Call Start once, then the input methods as things happen and Tick when Deadline has passed. After each call carry out
// Effects in order and call ClearEffects.
type Core struct {
	cfg      Config
	groups   []group
	targets  []target
	fabric   *fabric.Fabric
	targetOf []int          // by switch
	index    map[uint32]int // group number → index in groups
	startBy  time.Duration  // until then groups wait for an entry that may be installed already
	op       uint64         // last operation number given out
	effects  []Effect
	err      error
}

// New checks cfg and returns a core that waits for Start.
func New(cfg Config) (*Core, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	c := &Core{cfg: cfg, fabric: cfg.Fabric, targetOf: make([]int, cfg.Fabric.Len()), index: make(map[uint32]int, len(cfg.Groups))}
	for i, g := range cfg.Groups {
		c.index[g.Number] = i
		c.groups = append(c.groups, group{
			number:  g.Number,
			f:       g.F,
			last:    g.Last,
			target:  -1,
			reports: make([]report, g.Replicas),
		})
	}
	for t, s := range cfg.Switches {
		c.targets = append(c.targets, target{sw: s, entries: make([]entry, len(cfg.Groups))})
		if s != fabric.None {
			c.targetOf[s] = t
		}
	}
	return c, nil
}

// Start begins. Until every target has been heard from once, or StartGrace has passed, no group gets a new session: the
// one it has may well be installed and healthy.
func (c *Core) Start(now time.Duration) {
	c.startBy = now + c.cfg.StartGrace
	c.fabric.Start(now, c.startBy)
}

// Effects returns the effects in order; valid until the next call of any other method.
func (c *Core) Effects() []Effect { return c.effects }

// ClearEffects forgets the effects; the caller has taken them over.
func (c *Core) ClearEffects() { c.effects = c.effects[:0] }

// Err returns the invariant that was violated, after which the core has stopped for good: a controller that hands out
// wrong session numbers is worse than none.
func (c *Core) Err() error { return c.err }

func (c *Core) emit(e Effect) { c.effects = append(c.effects, e) }

// Tick lets deadlines take effect.
func (c *Core) Tick(now time.Duration) {
	for t := range c.targets {
		if now >= c.targets[t].auditDeadline() {
			c.check(t)
		}
	}
	c.advance(now)
}

// advance lets every group and every switch take the steps that its state and the time allow.
func (c *Core) advance(now time.Duration) {
	if c.err != nil {
		c.effects = c.effects[:0]
		return
	}
	for moved := true; moved; {
		before := c.fabric.Version()
		c.advanceFabric(now)
		for i := range c.groups {
			c.advanceGroup(now, i)
		}
		moved = c.fabric.Version() != before
	}
}

// Deadline returns when Tick is next needed, or monotime.Never.
func (c *Core) Deadline() time.Duration {
	if c.err != nil {
		return monotime.Never
	}
	at := c.fabric.Deadline()
	for i := range c.groups {
		at = min(at, c.groupDeadline(i))
	}
	for t := range c.targets {
		at = min(at, c.targets[t].auditDeadline())
	}
	return at
}

// heardAll reports whether every target was read, or found unreachable, since the start.
func (c *Core) heardAll() bool {
	return !slices.ContainsFunc(c.targets, func(t target) bool { return !t.heard })
}
