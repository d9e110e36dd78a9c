package status

import (
	"fmt"
	"slices"
)

// Whole returns an error that names the first missing part of the cluster, or nil. Missing are a role that
// serves HTTP but does not answer, a sequencer that is not ready at the controller, a group without a session,
// and a replica that is not normal in its leader's view.
func (c *Cluster) Whole() error {
	for _, p := range slices.Concat(c.Controllers, c.Sequencers, c.FrontEnds) {
		if err := p.missing(); err != nil {
			return err
		}
	}
	for _, p := range c.Controllers {
		if p.Role == nil || p.Controller == nil {
			continue
		}
		for _, t := range p.Controller.Targets {
			if t.State != targetReady {
				return fmt.Errorf("%s has sequencer %s in state %s, expected %s", p.Name, t.Name, t.State, targetReady)
			}
		}
	}
	for i := range c.Groups {
		if err := c.Groups[i].whole(); err != nil {
			return err
		}
	}
	return nil
}

func (g *Group) whole() error {
	for _, p := range g.Replicas {
		if err := p.missing(); err != nil {
			return err
		}
	}
	if !g.OK || g.Session == 0 {
		return fmt.Errorf("group %s in session %d: %s", g.Name, g.Session, g.Problem)
	}
	for _, p := range g.Replicas {
		if r := p.replica(); r != nil && (r.Status != Normal || r.View() != g.View) {
			return fmt.Errorf("%s is %s in view %s, the leader's is %s", p.Name, r.Status, r.View(), g.View)
		}
	}
	return nil
}

// missing returns an error if the role serves HTTP but does not answer.
func (p *Probe) missing() error {
	if p.Role == nil && p.Address != "" {
		return fmt.Errorf("%s: %s", p.Name, p.Error)
	}
	return nil
}

// conclude derives the status of the groups, and of the cluster, from those of the roles.
func (c *Cluster) conclude() {
	c.OK = len(c.Groups) > 0
	for i := range c.Groups {
		g := &c.Groups[i]
		for _, p := range c.Controllers {
			if p.Role == nil || p.Controller == nil {
				continue
			}
			for _, k := range p.Controller.Groups {
				if k.Name == g.Name {
					g.Sequencer = k.Sequencer
				}
			}
		}
		g.conclude()
		c.OK = c.OK && g.OK
	}
}

// conclude finds the leader, the normal one of the highest view, and counts the normal replicas in its view.
// Started views form a chain, so the sum of their components orders them.
func (g *Group) conclude() {
	var leader *Replica
	for _, p := range g.Replicas {
		r := p.replica()
		if r == nil || !r.IsLeader || r.Status != Normal {
			continue
		}
		if leader == nil || r.Leader+uint64(r.Session) > leader.Leader+uint64(leader.Session) {
			leader = r
		}
	}
	g.Problem = g.problem()
	if leader == nil {
		return
	}
	normal := 0
	for _, p := range g.Replicas {
		r := p.replica()
		if r != nil && r.Status == Normal && r.View() == leader.View() {
			normal++
		}
	}
	g.Leader, g.View, g.Session, g.OK = leader.Index, leader.View(), leader.Session, normal >= g.F+1
	if g.OK {
		g.Problem = ""
	}
}

// problem explains why a group without a quorum does not serve.
func (g *Group) problem() string {
	recovering, silent := 0, 0
	for _, p := range g.Replicas {
		switch r := p.replica(); {
		case r == nil:
			silent++
		case r.Status == Recovering:
			recovering++
		}
	}
	// Recovering replicas wait for f+1 others.
	if recovering == 0 || len(g.Replicas)-recovering-silent > g.F {
		return "no leader with f others that are normal in its view"
	}
	return fmt.Sprintf("%d of %d replicas recover and %d do not answer: %d others that kept their state are needed. "+
		"If more than %d were restarted at once, the group's state is gone: see nopaxos bootstrap --help",
		recovering, len(g.Replicas), silent, g.F+1, g.F)
}

func (p *Probe) replica() *Replica {
	if p.Role == nil {
		return nil
	}
	return p.Role.Replica
}
