package controlplane

import (
	"github.com/netordered/nopaxos/controlplane/api"
	"github.com/netordered/nopaxos/controlplane/fabric"
)

// snapshot makes the state of the core visible to Status.
func (c *Controller) snapshot() {
	core := c.core.Status()
	s := Status{StatusReply: &api.StatusReply{}}
	for _, g := range core.Groups {
		published, _, _ := c.routes.state(g.Number)
		s.Groups = append(s.Groups, &api.GroupStatus{
			State: published, NewestSession: g.Session, Phase: g.Phase, Failovers: g.Failovers,
		})
	}
	for i, t := range c.targets {
		ts := &api.TargetStatus{Name: t.name, P4RuntimeAddress: t.at.Addr, State: core.Targets[i].String(), Connections: t.connected}
		if t.sw == fabric.None {
			ts.DataAddress = t.dataAddr.String()
		}
		if t.lastError != nil {
			ts.LastError = t.lastError.Error()
		}
		s.Targets = append(s.Targets, ts)
	}
	for i, cut := range core.Cut {
		l := LinkStatus{Name: c.cfg.Topology.LinkName(i), Cut: cut}
		if cut != (i < len(c.status.Links) && c.status.Links[i].Cut) {
			c.log.Warn("link is cut, or whole again", "link", l.Name, "cut", cut)
		}
		s.Links = append(s.Links, l)
	}
	c.mu.Lock()
	c.status = s
	c.mu.Unlock()
}
