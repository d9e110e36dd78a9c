package failover

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/netordered/nopaxos/controlplane/fabric"
)

// Config configures a Core.
type Config struct {
	Groups   []Group
	Targets  int            // sequencers, in failover order
	Fabric   *fabric.Fabric // of these groups; nil: there are no switches
	Switches []int          // with a Fabric, by target: its switch, or fabric.None; the other switches follow the sequencers
	Timing
}

// Timing has the controller's intervals. Zero values stand for those of DefaultTiming.
type Timing struct {
	Grace          time.Duration // for a lost stream to come back with its entry intact
	StartGrace     time.Duration // longest wait at the start for the reads of all targets
	InstallTimeout time.Duration // for the answer to an install
	AuditInterval  time.Duration // between two checks of a target's entries
	ReportWindow   time.Duration // reports that are at most so far apart count together
	ReportHoldoff  time.Duration // in which reports and cut links do not end a new session; doubles in a row
	ProgramTimeout time.Duration // for a switch to confirm a change
}

// Group configures a group.
type Group struct {
	Number   uint32
	F        int    // failures tolerated: f+1 reports move the group
	Replicas int    // how many there are
	Last     uint32 // newest durable session number; 0: none yet
}

// DefaultTiming returns the value of every field that a Timing may leave zero.
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

func (c Config) withDefaults() (Config, error) {
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
			return c, fmt.Errorf("failover: %s is %v, expected a positive duration", f.name, *f.p)
		}
		if *f.p == 0 {
			*f.p = f.v
		}
	}
	if c.Targets < 1 {
		return c, fmt.Errorf("failover: Targets is %d, expected at least 1", c.Targets)
	}
	seen := make(map[uint32]bool, len(c.Groups))
	groups := make([]fabric.Group, 0, len(c.Groups))
	for _, g := range c.Groups {
		switch {
		case seen[g.Number]:
			return c, fmt.Errorf("failover: group %d is there twice", g.Number)
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
