package status

import (
	"cmp"
	"fmt"
	"slices"
)

// Verdict tells how far a group, or every group of a cluster, can be relied on. A larger one is worse.
type Verdict int

// The verdicts.
const (
	OK         Verdict = iota // every member takes part, and the group survives the failure of any
	Degraded                  // serves and survives one more failure, but a member is missing
	AtRisk                    // serves, but one more failure stops the service or loses data
	NotServing                // requests are not executed
)

var verdictNames = [...]string{OK: "ok", Degraded: "degraded", AtRisk: "at risk", NotServing: "not serving"}

// String returns the verdict in words.
func (v Verdict) String() string { return verdictNames[v] }

// ExitStatus returns the exit status of a command that reports the verdict. 1 and 2 are failures of the command itself.
func (v Verdict) ExitStatus() int {
	return [...]int{OK: 0, Degraded: 3, AtRisk: 4, NotServing: 5}[v]
}

// MarshalText implements encoding.TextMarshaler.
func (v Verdict) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (v *Verdict) UnmarshalText(text []byte) error {
	i := slices.Index(verdictNames[:], string(text))
	if i < 0 {
		return fmt.Errorf("verdict is %q, expected one of %q", text, verdictNames)
	}
	*v = Verdict(i)
	return nil
}

// Serving returns an error that names the first group that does not execute requests, or nil.
func (c *Cluster) Serving() error {
	for i := range c.Groups {
		if err := c.Groups[i].Serving(); err != nil {
			return err
		}
	}
	return nil
}

// Serving returns why the group does not execute requests, or nil.
func (g *Group) Serving() error {
	if g.Problem != "" {
		return fmt.Errorf("group %s is not served: %s", g.Name, g.Problem)
	}
	return nil
}

// Whole returns an error that names the first missing part of the cluster, or nil. Missing are a role that
// serves HTTP but does not answer, a sequencer that is not ready at the controller, a group without an active
// sequencer, and a replica that is not normal in its leader's view.
func (c *Cluster) Whole() error {
	if len(c.Missing) > 0 {
		return fmt.Errorf("the cluster is not whole: %s", c.Missing[0])
	}
	for i := range c.Groups {
		g := &c.Groups[i]
		if len(g.Missing) > 0 {
			return fmt.Errorf("group %s is not whole: %s", g.Name, g.Missing[0])
		}
		if err := g.Serving(); err != nil {
			return err
		}
	}
	return nil
}

// conclude derives the verdicts from the answers of the roles. groupOf has the group of each front-end.
func (c *Cluster) conclude(groupOf []string) {
	c.missShared()
	for i := range c.Groups {
		g := &c.Groups[i]
		if k := c.controlled(g); k != nil {
			g.Sequencer = k.Sequencer
		}
		g.concludeReplicas()
		c.concludeOrder(g)
		c.concludeFrontEnds(g, groupOf)
		if len(c.Missing) > 0 {
			g.worsen(Degraded)
		}
		c.Verdict = max(c.Verdict, g.Verdict)
	}
}

// Restrict drops every group but one, and its part of the verdict. An empty name drops none.
func (c *Cluster) Restrict(group string) {
	if group == "" {
		return
	}
	c.Groups = slices.DeleteFunc(c.Groups, func(g Group) bool { return g.Name != group })
	c.Verdict = OK
	for i := range c.Groups {
		c.Verdict = max(c.Verdict, c.Groups[i].Verdict)
	}
}

// missShared lists controllers and sequencers that are missing.
func (c *Cluster) missShared() {
	for _, p := range slices.Concat(c.Controllers, c.Sequencers) {
		if p.silent() {
			c.Missing = append(c.Missing, p.Name+": "+p.Error)
		}
	}
	for _, p := range c.Controllers {
		if p.Role == nil || p.Controller == nil {
			continue
		}
		for _, t := range p.Controller.Targets {
			if t.State != targetReady {
				c.Missing = append(c.Missing,
					fmt.Sprintf("%s has sequencer %s in state %s, expected %s", p.Name, t.Name, t.State, targetReady))
			}
		}
	}
}

func (g *Group) worsen(v Verdict) { g.Verdict = max(g.Verdict, v) }

// fail records why the group is not served.
func (g *Group) fail(problem string) {
	g.worsen(NotServing)
	g.Problem = cmp.Or(g.Problem, problem)
}

// miss records a missing member of the group.
func (g *Group) miss(format string, args ...any) {
	g.worsen(Degraded)
	g.Missing = append(g.Missing, fmt.Sprintf(format, args...))
}

// risk records what may fail, which makes the verdict v or worse.
func (g *Group) risk(v Verdict, format string, args ...any) {
	g.worsen(v)
	g.Risks = append(g.Risks, fmt.Sprintf(format, args...))
}

// silent reports whether the role serves HTTP but does not answer.
func (p *Probe) silent() bool { return p.Role == nil && p.Address != "" }

func (p *Probe) replica() *Replica {
	if p.Role == nil {
		return nil
	}
	return p.Role.Replica
}
