package failover

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/netordered/nopaxos/controlplane/fabric"
	"github.com/netordered/nopaxos/internal/defaults"
)

// Config configures a Core.
type Config struct {
	Groups   []Group
	Targets  int            // sequencers, in failover order
	Fabric   *fabric.Fabric // of these groups; nil: there are no switches
	Switches []int          // with a Fabric, by target: its switch, or fabric.None; the other switches follow the sequencers
	Timing
}

// Timing has the controller's intervals. Zero values stand for the defaults.
type Timing struct {
	Grace          time.Duration `default:"10ms"`  // for a lost stream to come back with its entry intact
	StartGrace     time.Duration `default:"500ms"` // longest wait at the start for the reads of all targets
	InstallTimeout time.Duration `default:"100ms"` // for the answer to an install
	AuditInterval  time.Duration `default:"1s"`    // between two checks of a target's entries
	ReportWindow   time.Duration `default:"500ms"` // reports that are at most so far apart count together
	ReportHoldoff  time.Duration `default:"50ms"`  // in which reports and cut links do not end a new session; doubles in a row
	ProgramTimeout time.Duration `default:"300ms"` // for a switch to confirm a change
}

// Group configures a group.
type Group struct {
	Number   uint32
	F        int    // failures tolerated: f+1 reports move the group
	Replicas int    // how many there are
	Last     uint32 // newest durable session number; 0: none yet
}

// DefaultTiming returns the defaults of a Timing.
func DefaultTiming() (t Timing) {
	defaults.Fill(&t)
	return t
}

func (c Config) withDefaults() (Config, error) {
	if err := defaults.Apply(&c); err != nil {
		return c, fmt.Errorf("failover: %w", err)
	}
	if c.Targets < 1 {
		return c, fmt.Errorf("failover: Targets is %d, expected at least 1", c.Targets)
	}
	seen := make(map[uint32]bool, len(c.Groups))
	groups := make([]fabric.Group, 0, len(c.Groups))
	for _, g := range c.Groups {
		switch {
		case seen[g.Number]:
			return c, fmt.Errorf("failover: group %d is a duplicate", g.Number)
		case g.F < 0 || g.Replicas < 2*g.F+1:
			return c, fmt.Errorf("failover: group %d has F %d and %d replicas, expected at least 2·F+1", g.Number, g.F, g.Replicas)
		}
		seen[g.Number] = true
		groups = append(groups, fabric.Group{Number: g.Number, Replicas: make([]netip.AddrPort, g.Replicas)})
	}
	if c.Fabric == nil {
		c.Fabric, c.Switches = fabric.New(nil, groups), make([]int, c.Targets)
		for t := range c.Switches {
			c.Switches[t] = fabric.None
		}
	}
	if len(c.Switches) < c.Targets {
		return c, fmt.Errorf("failover: Switches has %d items, expected at least one for each of %d targets", len(c.Switches), c.Targets)
	}
	return c, nil
}
