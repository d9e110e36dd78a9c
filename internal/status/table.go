package status

import (
	"cmp"
	"fmt"
	"io"
	"text/tabwriter"
)

// WriteTable writes the cluster's status as text.
func (c *Cluster) WriteTable(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, g := range c.Groups {
		state := "ok"
		if !g.OK {
			state = "NOT SERVING: " + g.Problem
		}
		fmt.Fprintf(t, "group %s\taddress %s\tview %s\tsession %d\tsequencer %s\t%s\n",
			g.Name, g.Address, cmp.Or(g.View, "-"), g.Session, cmp.Or(g.Sequencer, "-"), state)
	}
	fmt.Fprintln(t)
	fmt.Fprintln(t, "REPLICA\tROLE\tVIEW\tSTATUS\tLOG END\tSYNC POINT\tEXECUTED\tRSS\tHTTP")
	for _, g := range c.Groups {
		for _, p := range g.Replicas {
			name := p.Name
			if len(c.Groups) > 1 {
				name = g.Name + "/" + name
			}
			writeReplica(t, name, p)
		}
	}
	fmt.Fprintln(t)
	fmt.Fprintln(t, "OTHERS\tSTATE\tRSS\tHTTP")
	for _, probes := range [][]Probe{c.Controllers, c.Sequencers, c.FrontEnds} {
		for _, p := range probes {
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", p.Name, p.State(), p.rss(), cmp.Or(p.Address, "-"))
		}
	}
	return t.Flush()
}

func writeReplica(w io.Writer, name string, p Probe) {
	r := p.replica()
	if r == nil {
		fmt.Fprintf(w, "%s\t-\t-\t%s\t-\t-\t-\t-\t%s\n", name, p.State(), cmp.Or(p.Address, "-"))
		return
	}
	role := "follower"
	if r.IsLeader {
		role = "leader"
	}
	fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\t%d\t%d\t%s\t%s\n",
		name, role, r.View(), r.state(), r.LogEnd, r.SyncPoint, r.Executed, p.rss(), p.Address)
}

func (r *Replica) state() string {
	s := r.Status
	if r.Recovering >= 1 {
		s += fmt.Sprintf(" for %.0f s", r.Recovering)
	}
	if r.Full {
		s += ", full"
	}
	return s
}

// State describes the role's status in a few words.
func (p *Probe) State() string {
	switch {
	case p.Role == nil:
		return cmp.Or(p.Error, "unknown")
	case p.Role.Controller != nil:
		return p.Role.Controller.state()
	case p.Role.Sequencer != nil:
		return p.Role.Sequencer.state()
	case p.Role.Replica != nil:
		r := p.Role.Replica
		role := "follower"
		if r.IsLeader {
			role = "leader"
		}
		return fmt.Sprintf("%s in view %s, %s", role, r.View(), r.state())
	case p.Role.KV != nil:
		return fmt.Sprintf("RESP on %s, group %s, %d connections", p.Role.KV.RESP, p.Role.KV.Group, p.Role.KV.Connections)
	}
	return "up"
}

func (c *Controller) state() string {
	s := "up"
	for _, g := range c.Groups {
		s += fmt.Sprintf(", group %s: session %d on %s", g.Name, g.Session, cmp.Or(g.Sequencer, "no sequencer"))
	}
	return s
}

func (s *Sequencer) state() string {
	if len(s.Groups) == 0 {
		return "standby"
	}
	state := "active"
	for _, g := range s.Groups {
		state += fmt.Sprintf(", group %s: session %d, number %d", g.Group, g.Session, g.Number)
	}
	return state
}

func (p *Probe) rss() string {
	if p.Role == nil || p.Role.RSS == 0 {
		return "-"
	}
	return fmt.Sprintf("%d MiB", p.Role.RSS>>20)
}
