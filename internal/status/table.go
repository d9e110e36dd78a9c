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
		verdict := g.Verdict.String()
		if g.Problem != "" {
			verdict += ": " + g.Problem
		}
		fmt.Fprintf(t, "group %s\taddress %s\tview %s\tsession %d\tsequencer %s\t%s\n",
			g.Name, g.Address, cmp.Or(g.View, "-"), g.Session, cmp.Or(g.Sequencer, "-"), verdict)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	writeReasons(w, "missing", "", c.Missing)
	for _, g := range c.Groups {
		of := ""
		if len(c.Groups) > 1 {
			of = "group " + g.Name + ": "
		}
		writeReasons(w, "missing", of, g.Missing)
		writeReasons(w, "risk", of, g.Risks)
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
	fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\t%d\t%d\t%s\t%s\n",
		name, r.role(), r.View(), r.state(), r.LogEnd, r.SyncPoint, r.Executed, p.rss(), p.Address)
}

// writeReasons writes reasons for the verdict on a group.
func writeReasons(w io.Writer, kind, of string, reasons []string) {
	for _, reason := range reasons {
		fmt.Fprintf(w, "  %s: %s%s\n", kind, of, reason)
	}
}

// role returns the replica's part in its view. Outside a view it has none, and its status is all.
func (r *Replica) role() string {
	switch {
	case r.Status != Normal:
		return r.Status
	case r.IsLeader:
		return "leader"
	}
	return "follower"
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
		if r.Status != Normal {
			return fmt.Sprintf("%s in view %s", r.state(), r.View())
		}
		return fmt.Sprintf("%s in view %s, %s", r.role(), r.View(), r.state())
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
