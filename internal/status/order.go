package status

import (
	"fmt"
	"slices"
)

// concludeOrder concludes whether a sequencer orders the group's requests, and whether another one could take over.
func (c *Cluster) concludeOrder(g *Group) {
	if g.Leader >= 0 {
		if problem := c.unordered(g); problem != "" {
			g.fail(problem)
		}
	}
	if problem := c.noStandby(g); problem != "" {
		g.risk(AtRisk, "%s", problem)
	}
}

// unordered returns why no sequencer orders requests in the leader's session, or "". The sequencer's own answer
// counts more than the controller's, which may have lost a sequencer that clients and replicas still reach.
func (c *Cluster) unordered(g *Group) string {
	stamps := func(k SequencedGroup) bool { return k.Group == g.Address && k.Session == g.Session }
	silent := 0
	for _, p := range c.Sequencers {
		if p.Role != nil && p.Sequencer != nil && slices.ContainsFunc(p.Sequencer.Groups, stamps) {
			return ""
		}
		if p.silent() || p.Role != nil {
			silent++
		}
	}
	k := c.controlled(g)
	switch {
	case k == nil && silent == len(c.Sequencers):
		return fmt.Sprintf("no sequencer stamps requests in session %d, which the replicas are in", g.Session)
	case k == nil: // a switch may do so
		return ""
	case k.Phase != phaseActive:
		return fmt.Sprintf("the controller has no active sequencer for the group: it is %s", k.Phase)
	case k.Session != g.Session:
		return fmt.Sprintf("session %d is installed on sequencer %s, the replicas are in session %d", k.Session, k.Sequencer, g.Session)
	case c.lost(k.Sequencer):
		return fmt.Sprintf("sequencer %s answers neither the controller nor this command", k.Sequencer)
	}
	return ""
}

// noStandby returns why no other sequencer could take over from the group's active one, or "".
func (c *Cluster) noStandby(g *Group) string {
	k := c.controlled(g)
	if k == nil {
		return "no controller answers: a sequencer that fails is not replaced, and new clients do not find the group"
	}
	for _, t := range c.targets() {
		// The controller's targets include switches of the topology that are no sequencers.
		sequencer := slices.ContainsFunc(c.Sequencers, func(p Probe) bool { return p.Name == t.Name })
		if sequencer && t.State == targetReady && t.Name != k.Sequencer {
			return ""
		}
	}
	if len(c.Sequencers) == 1 {
		return "there is one sequencer: if it fails, requests wait for its return"
	}
	return "no standby sequencer is ready: if the active one fails, requests wait"
}

// lost reports whether neither the controller nor the query reaches the sequencer.
func (c *Cluster) lost(sequencer string) bool {
	down := func(t Target) bool { return t.Name == sequencer && t.State == targetDown }
	silent := func(p Probe) bool { return p.Name == sequencer && p.Role == nil }
	return slices.ContainsFunc(c.targets(), down) && slices.ContainsFunc(c.Sequencers, silent)
}

// targets returns the sequencers and the other switches as the controller sees them.
func (c *Cluster) targets() []Target {
	var targets []Target
	for _, p := range c.Controllers {
		if p.Role != nil && p.Controller != nil {
			targets = append(targets, p.Controller.Targets...)
		}
	}
	return targets
}

// controlled returns the group as the controller sees it; nil if no controller answers.
func (c *Cluster) controlled(g *Group) *ControlledGroup {
	for _, p := range c.Controllers {
		if p.Role == nil || p.Controller == nil {
			continue
		}
		for i := range p.Controller.Groups {
			if k := &p.Controller.Groups[i]; k.Name == g.Name {
				return k
			}
		}
	}
	return nil
}

// concludeFrontEnds lists the group's front-ends that do not answer. Without any, its clients are not served.
func (c *Cluster) concludeFrontEnds(g *Group, groupOf []string) {
	own, silent := 0, 0
	for i, p := range c.FrontEnds {
		if groupOf[i] != g.Name {
			continue
		}
		own++
		if p.silent() {
			silent++
			g.miss("%s: %s", p.Name, p.Error)
		}
	}
	if silent > 0 && silent == own {
		g.fail("no front-end answers")
	}
}
