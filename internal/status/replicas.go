package status

import (
	"fmt"
	"strings"
)

// concludeReplicas finds the leader and concludes from the replicas alone whether the group serves, which of
// them are missing, and whether it would survive the loss of one more.
func (g *Group) concludeReplicas() {
	leader := g.leader()
	if leader != nil {
		g.Leader, g.View, g.Session = leader.Index, leader.View(), leader.Session
	}
	normal := g.missReplicas()
	switch spare := normal - (g.F + 1); {
	case leader == nil || spare < 0:
		g.fail(g.problem())
	case g.F == 0:
		g.risk(AtRisk, "the group has one replica: its failure stops the service and loses all data")
	case spare == 0:
		g.risk(AtRisk, "no further replica may fail: the group would stop, and if that replica restarts, all data is lost")
	}
}

// leader returns the normal leader of the highest view, or nil. Started views form a chain, so the sum of their
// components orders them.
func (g *Group) leader() *Replica {
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
	return leader
}

// missReplicas lists the replicas that are not normal in the leader's view, and returns the number of the others.
func (g *Group) missReplicas() (normal int) {
	for _, p := range g.Replicas {
		r := p.replica()
		switch {
		case r == nil && p.Address == "":
			g.risk(Degraded, "%s: %s, so its state is unknown: give it the key http", p.Name, p.Error)
		case r == nil:
			g.miss("%s: %s", p.Name, p.Error)
		case r.Status != Normal || g.View != "" && r.View() != g.View:
			state := strings.Replace(r.state(), "view-change", "in a view change", 1)
			text := fmt.Sprintf("%s is %s in view %s", p.Name, state, r.View())
			if g.View != "" {
				text += ", the leader's is " + g.View
			}
			g.miss("%s", text)
		default:
			normal++
			if r.Full {
				g.risk(Degraded, "%s has no memory for more log: requests are delayed or dropped", p.Name)
			}
		}
	}
	return normal
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
