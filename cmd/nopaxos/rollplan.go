package main

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/netordered/nopaxos/cluster"
	"github.com/netordered/nopaxos/internal/cli"
	"github.com/netordered/nopaxos/internal/status"
)

// member is a role of the cluster file that a command restarts.
type member struct {
	kind    string
	index   int
	group   string // of a replica or front-end
	inGroup int    // replica: the group's place in the file
	name    string // sequencer: its name in the file
	address netip.AddrPort
	http    netip.AddrPort
}

// rollKinds are the kinds of members in the order of their restarts.
var rollKinds = []string{"controller", "sequencer", "replica", "kv"}

// title names the member to the operator.
func (m *member) title() string {
	name := fmt.Sprintf("%s-%d", m.kind, m.index)
	if m.kind == "replica" {
		name += " of group " + m.group
	}
	return name
}

func (m *member) fields() []string {
	return []string{
		"kind", m.kind, "index", strconv.Itoa(m.index), "name", fmt.Sprintf("%s-%d", m.kind, m.index), "group", m.group,
		"address", m.address.String(), "host", m.address.Addr().String(),
	}
}

// replacer replaces the placeholders of a command's argument.
func (m *member) replacer() *strings.Replacer {
	pairs := m.fields()
	for i := 0; i < len(pairs); i += 2 {
		pairs[i] = "{" + pairs[i] + "}"
	}
	return strings.NewReplacer(pairs...)
}

// environment returns the variables of a command that describe the member.
func (m *member) environment() (env []string) {
	f := m.fields()
	for i := 0; i < len(f); i += 2 {
		env = append(env, "NOPAXOS_"+strings.ToUpper(f[i])+"="+f[i+1])
	}
	return env
}

// probe returns the member's part of the cluster's status.
func (m *member) probe(s *status.Cluster) *status.Probe {
	switch m.kind {
	case "controller":
		return &s.Controllers[m.index]
	case "sequencer":
		return &s.Sequencers[m.index]
	case "replica":
		return &s.Groups[m.inGroup].Replicas[m.index]
	}
	return &s.FrontEnds[m.index]
}

// leads reports whether the member leads its group, or is the active sequencer of one. Its restart comes last.
func (m *member) leads(s *status.Cluster) bool {
	if m.kind == "replica" {
		return s.Groups[m.inGroup].Leader == m.index
	}
	return m.kind == "sequencer" && slices.ContainsFunc(s.Groups, func(g status.Group) bool { return g.Sequencer == m.name })
}

// next returns the first member of the first kind that is left, and one that leads only after those that do not.
func next(left []member, s *status.Cluster) member {
	for _, m := range left {
		if m.kind != left[0].kind || m.group != left[0].group {
			break
		}
		if !m.leads(s) {
			return m
		}
	}
	return left[0]
}

// membersToRoll returns the members that the flags choose, in order. It refuses those whose restart would lose data or service
// even in a whole cluster, and those whose return roll could not see.
func membersToRoll(f *cluster.File, flags rollFlags) ([]member, error) {
	for _, k := range flags.kinds {
		if !slices.Contains(rollKinds, k) {
			return nil, cli.Usagef("--kind is %q, expected one of %s", k, strings.Join(rollKinds, ", "))
		}
	}
	if flags.group != "" {
		if _, err := f.PickGroup(flags.group); err != nil {
			return nil, err
		}
	}
	chosen := func(m member) bool {
		return (len(flags.kinds) == 0 || slices.Contains(flags.kinds, m.kind)) && (flags.group == "" || flags.group == m.group)
	}
	all := allMembers(f)
	members := slices.DeleteFunc(all, func(m member) bool { return !chosen(m) })
	for _, m := range members {
		switch {
		case m.kind == "replica" && f.Groups[m.inGroup].F == 0:
			return nil, fmt.Errorf("%s is its group's only replica: a restart loses all data", m.title())
		case m.kind == "sequencer" && len(f.Sequencers) == 1 && !flags.outage:
			return nil, fmt.Errorf("%s is the only one: nothing is served while it restarts; --allow-outage permits that", m.title())
		case !m.http.IsValid():
			return nil, fmt.Errorf("%s has no http in %s, without which nobody sees whether it has returned", m.title(), f.Path)
		}
	}
	if len(members) == 0 {
		return nil, cli.Usagef("%s has no member of that kind and group", f.Path)
	}
	return members, nil
}

// allMembers returns every member of the cluster file that is a process of nopaxos, by kind and group.
func allMembers(f *cluster.File) []member {
	var all []member
	for i, c := range f.Controllers {
		all = append(all, member{kind: "controller", index: i, address: c.Address, http: c.HTTP})
	}
	for i, s := range f.Sequencers {
		if s.Kind == cluster.KindUDP {
			all = append(all, member{kind: "sequencer", index: i, name: s.Name, address: s.Data, http: s.HTTP})
		}
	}
	for i, g := range f.Groups {
		for j, r := range g.Replicas {
			all = append(all, member{kind: "replica", index: j, group: g.Name, inGroup: i, address: r.Address, http: r.HTTP})
		}
	}
	for i, k := range f.KV {
		all = append(all, member{kind: "kv", index: i, group: k.Group, address: k.RESP, http: k.HTTP})
	}
	return all
}
