package controlplane

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/netordered/nopaxos/monotime"
)

// CoreConfig is what the core is told at its start.
type CoreConfig struct {
	Groups   []CoreGroup
	Targets  int       // sequencers, in failover order
	Topology *Topology // nil: there are no switches
	Switches []int     // with a topology, by target: its switch, or -1; behind the sequencers, the other switches
	Timing
}

// Timing is how long the controller waits for what. Zero values stand for those of DefaultTiming.
type Timing struct {
	Grace          time.Duration // a lost stream may come back, entry intact, within so long
	StartGrace     time.Duration // longest wait at the start for what is installed everywhere
	InstallTimeout time.Duration // an install that is not answered in time is given up
	AuditInterval  time.Duration // between two checks of what a target has installed
	ReportWindow   time.Duration // reports that are at most so far apart count together
	ReportHoldoff  time.Duration // a new session is not given up on reports or cut links before; doubles in a row
	ProgramTimeout time.Duration // a switch that does not take a change in time is not relied upon
}

// CoreGroup is a group as the core sees it.
type CoreGroup struct {
	Number   uint32
	F        int          // failures tolerated: f+1 reports move the group
	Replicas int          // how many there are
	Last     uint32       // newest durable session number; 0: none yet
	Members  []netip.Addr // with a topology: the replicas' hosts
}

// DefaultTiming has the value of every field that a Timing may leave zero.
func DefaultTiming() Timing {
	return Timing{
		Grace:          10 * time.Millisecond,
		StartGrace:     500 * time.Millisecond,
		InstallTimeout: 100 * time.Millisecond,
		AuditInterval:  time.Second,
		ReportWindow:   500 * time.Millisecond,
		ReportHoldoff:  50 * time.Millisecond,
		ProgramTimeout: 300 * time.Millisecond,
	}
}

func (c CoreConfig) withDefaults() (CoreConfig, error) {
	d := DefaultTiming()
	for _, f := range []struct {
		name string
		p    *time.Duration
		v    time.Duration
	}{
		{"Grace", &c.Grace, d.Grace},
		{"StartGrace", &c.StartGrace, d.StartGrace},
		{"InstallTimeout", &c.InstallTimeout, d.InstallTimeout},
		{"AuditInterval", &c.AuditInterval, d.AuditInterval},
		{"ReportWindow", &c.ReportWindow, d.ReportWindow},
		{"ReportHoldoff", &c.ReportHoldoff, d.ReportHoldoff},
		{"ProgramTimeout", &c.ProgramTimeout, d.ProgramTimeout},
	} {
		if *f.p < 0 {
			return c, fmt.Errorf("controlplane: %s is %v, expected a positive duration", f.name, *f.p)
		}
		if *f.p == 0 {
			*f.p = f.v
		}
	}
	if c.Targets < 1 {
		return c, fmt.Errorf("controlplane: Targets is %d, expected at least 1", c.Targets)
	}
	if c.Topology != nil && len(c.Switches) < c.Targets {
		return c, fmt.Errorf("controlplane: Switches has %d items, expected one for each of %d targets at least", len(c.Switches), c.Targets)
	}
	seen := make(map[uint32]bool, len(c.Groups))
	for _, g := range c.Groups {
		switch {
		case seen[g.Number]:
			return c, fmt.Errorf("controlplane: group %d is there twice", g.Number)
		case g.F < 0 || g.Replicas < 2*g.F+1:
			return c, fmt.Errorf("controlplane: group %d has F %d and %d replicas, expected at least 2·F+1", g.Number, g.F, g.Replicas)
		}
		seen[g.Number] = true
	}
	return c, nil
}

// Core decides which sequencer serves which group in which session. It is deterministic: the same
// calls with the same times give the same effects. now is monotonic time since an arbitrary
// origin. It is not safe for concurrent use.
//
// Call Start once, then the input methods as things happen and Tick when Deadline has come. After
// each call carry out Effects in order and call ClearEffects.
type Core struct {
	cfg     CoreConfig
	groups  []group
	targets []target
	fabric  *fabric
	index   map[uint32]int // group number → index in groups
	startBy time.Duration  // until then groups wait for what may be installed already
	op      uint64         // last operation number given out
	effects []Effect
	err     error
}

// NewCore checks cfg and returns a core that waits for Start.
func NewCore(cfg CoreConfig) (*Core, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	c := &Core{cfg: cfg, index: make(map[uint32]int, len(cfg.Groups))}
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
	for range max(cfg.Targets, len(cfg.Switches)) {
		c.targets = append(c.targets, target{entries: make([]entry, len(cfg.Groups))})
	}
	c.fabric = newFabric(cfg)
	return c, nil
}

// Start begins. Until every target has been heard of once, or StartGrace has passed, no group
// gets a new session: the one it has may well be installed and healthy.
func (c *Core) Start(now time.Duration) {
	c.startBy = now + c.cfg.StartGrace
	c.startFabric(now)
}

// Effects returns what the core wants, in order; valid until the next call of any other method.
func (c *Core) Effects() []Effect { return c.effects }

// ClearEffects forgets the effects; the caller has taken them over.
func (c *Core) ClearEffects() { c.effects = c.effects[:0] }

// Err returns the invariant that was violated, after which the core has stopped for good: a
// controller that hands out wrong session numbers is worse than none.
func (c *Core) Err() error { return c.err }

func (c *Core) fail(format string, args ...any) {
	if c.err == nil {
		c.err = fmt.Errorf("controlplane: invariant violated: "+format, args...)
	}
}

func (c *Core) emit(e Effect) { c.effects = append(c.effects, e) }

// Tick lets deadlines take effect.
func (c *Core) Tick(now time.Duration) {
	for t := range c.targets {
		c.audit(now, t)
	}
	c.advance(now)
}

// advance lets every group take the steps that its state and the time allow.
func (c *Core) advance(now time.Duration) {
	if c.err != nil {
		c.effects = c.effects[:0]
		return
	}
	for moved := true; moved; {
		before := c.fabricVersion()
		c.advanceFabric(now)
		for i := range c.groups {
			c.advanceGroup(now, i)
		}
		moved = c.fabricVersion() != before
	}
}

// Deadline returns when Tick is next needed, or monotime.Never.
func (c *Core) Deadline() time.Duration {
	if c.err != nil {
		return monotime.Never
	}
	at := c.fabricDeadline()
	for i := range c.groups {
		at = min(at, c.groupDeadline(i))
	}
	for t := range c.targets {
		at = min(at, c.auditDeadline(t))
	}
	return at
}

// settled reports whether a group without a sequencer may take a new session number.
func (c *Core) settled(now time.Duration) bool { return now >= c.startBy || c.heardAll() }

// heardAll reports whether every target was read, or found unreachable, since the start.
func (c *Core) heardAll() bool {
	for t := range c.targets {
		if !c.targets[t].heard {
			return false
		}
	}
	return true
}
