package cluster

import (
	"fmt"
	"net/netip"
	"path/filepath"
	"time"
)

// checkNames finds duplicate names, and more than one controller.
func (f *File) checkNames() *Error {
	if n := len(f.Controllers); n != 1 {
		return f.errorAt("controllers", fmt.Sprintf("has %d items", n),
			"exactly one: the store of session numbers is embedded in it, and two stores would issue a number twice")
	}
	sequencers := unique{f: f, what: "name"}
	for i, s := range f.Sequencers {
		if err := sequencers.add(s.Name, fmt.Sprintf("sequencers[%d].name", i)); err != nil {
			return err
		}
	}
	groups := unique{f: f, what: "name"}
	for i, g := range f.Groups {
		if err := groups.add(g.Name, fmt.Sprintf("groups[%d].name", i)); err != nil {
			return err
		}
	}
	return nil
}

// checkGroups finds groups of the wrong size, groups that share an address, and front-ends without a group.
func (f *File) checkGroups() *Error {
	addresses := unique{f: f, what: "address"}
	for i, g := range f.Groups {
		at := fmt.Sprintf("groups[%d]", i)
		if err := addresses.add(g.Address.String(), at+".address"); err != nil {
			return err
		}
		if want := 2*g.F + 1; len(g.Replicas) != want {
			return f.errorAt(at+".replicas", fmt.Sprintf("has %d items", len(g.Replicas)),
				fmt.Sprintf("%d, which is 2f+1 with f = %d", want, g.F))
		}
	}
	for i, k := range f.KV {
		if _, ok := f.Group(k.Group); !ok {
			return f.errorAt(fmt.Sprintf("kv[%d].group", i), fmt.Sprintf("is %q, which does not exist", k.Group),
				"the name of one of the groups")
		}
	}
	return nil
}

// checkAddresses finds addresses that two sockets would share.
func (f *File) checkAddresses() *Error {
	udp, tcp := unique{f: f, what: "address"}, unique{f: f, what: "address"}
	var first *Error
	add := func(u *unique, a netip.AddrPort, format string, args ...any) {
		if !a.IsValid() || first != nil {
			return
		}
		first = u.add(a.String(), fmt.Sprintf(format, args...))
	}
	for i, c := range f.Controllers {
		add(&tcp, c.Address, "controllers[%d].address", i)
		add(&tcp, c.HTTP, "controllers[%d].http", i)
	}
	if f.Topology != nil {
		for i, s := range f.Topology.Switches {
			add(&tcp, s.P4Runtime, "topology.switches[%d].p4runtime", i)
		}
	}
	for i, s := range f.Sequencers {
		add(&tcp, s.P4Runtime, "sequencers[%d].p4runtime", i)
		add(&udp, s.Data, "sequencers[%d].data", i)
		add(&tcp, s.HTTP, "sequencers[%d].http", i)
	}
	for i, g := range f.Groups {
		for j, r := range g.Replicas {
			add(&udp, r.Address, "groups[%d].replicas[%d].address", i, j)
			add(&tcp, r.Bulk, "groups[%d].replicas[%d].bulk", i, j)
			add(&tcp, r.HTTP, "groups[%d].replicas[%d].http", i, j)
		}
	}
	for i, k := range f.KV {
		add(&tcp, k.RESP, "kv[%d].resp", i)
		add(&tcp, k.HTTP, "kv[%d].http", i)
	}
	return first
}

// checkDirs finds directories that two roles on one machine would share. The address of a role identifies its machine: a path
// on two machines is two directories.
func (f *File) checkDirs() *Error {
	dirs := unique{f: f, what: "directory"}
	add := func(host netip.Addr, dir, path string) *Error {
		return dirs.add(host.String()+" "+filepath.Clean(f.Resolve(dir)), path)
	}
	for i, c := range f.Controllers {
		if err := add(c.Address.Addr(), c.Dir, fmt.Sprintf("controllers[%d].dir", i)); err != nil {
			return err
		}
	}
	for i, g := range f.Groups {
		for j, r := range g.Replicas {
			if err := add(r.Address.Addr(), r.Dir, fmt.Sprintf("groups[%d].replicas[%d].dir", i, j)); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkGroupAddresses finds groups whose virtual address is one of a machine in the file: its own traffic would be taken for the
// group's.
func (f *File) checkGroupAddresses() *Error {
	at := make(map[netip.Addr]string)
	add := func(a netip.AddrPort, format string, args ...any) {
		if path := fmt.Sprintf(format, args...); a.IsValid() && at[a.Addr()] == "" {
			at[a.Addr()] = path
		}
	}
	for i, c := range f.Controllers {
		add(c.Address, "controllers[%d].address", i)
		add(c.HTTP, "controllers[%d].http", i)
	}
	for i, s := range f.Sequencers {
		add(s.P4Runtime, "sequencers[%d].p4runtime", i)
		add(s.Data, "sequencers[%d].data", i)
		add(s.HTTP, "sequencers[%d].http", i)
	}
	if f.Topology != nil { // checkHosts compares with its hosts
		for i, s := range f.Topology.Switches {
			add(s.P4Runtime, "topology.switches[%d].p4runtime", i)
		}
	}
	for i, g := range f.Groups {
		for j, r := range g.Replicas {
			add(r.Address, "groups[%d].replicas[%d].address", i, j)
			add(r.Bulk, "groups[%d].replicas[%d].bulk", i, j)
			add(r.HTTP, "groups[%d].replicas[%d].http", i, j)
		}
	}
	for i, k := range f.KV {
		add(k.RESP, "kv[%d].resp", i)
		add(k.HTTP, "kv[%d].http", i)
	}
	for i, g := range f.Groups {
		if path := at[g.Address]; path != "" {
			return f.errorAt(fmt.Sprintf("groups[%d].address", i),
				fmt.Sprintf("is %s, which is the machine of %s on line %d", g.Address, path, f.lines[path]),
				"a virtual address that no machine has")
		}
	}
	return nil
}

// An Ethernet frame of the ordinary size carries ethernetMTU bytes of IPv4, and so ethernetPayload of UDP.
const (
	ethernetMTU     = 1500
	ethernetPayload = ethernetMTU - 20 - 8
)

// checkMTU finds an mtu that is a link's, which counts the headers of IP and UDP. Larger values are for links with larger frames.
// On the loopback interface every value fits.
func (f *File) checkMTU() *Error {
	if f.MTU <= ethernetPayload || f.MTU > ethernetMTU {
		return nil
	}
	refuse := f.errorAt("mtu", fmt.Sprintf("is %d bytes of UDP payload, and an Ethernet frame of %d bytes carries less", f.MTU, ethernetMTU),
		fmt.Sprintf("at most %d, or on links with larger frames their MTU less 28 bytes of headers", ethernetPayload))
	for _, s := range f.Sequencers {
		if s.Kind != KindUDP || !s.Data.Addr().IsLoopback() {
			return refuse
		}
	}
	for _, g := range f.Groups {
		for _, r := range g.Replicas {
			if !r.Address.Addr().IsLoopback() {
				return refuse
			}
		}
	}
	return nil
}

// checkTiming finds intervals with which healthy nodes would suspect each other.
func (f *File) checkTiming() *Error {
	t := f.Timing
	for _, rule := range []struct {
		interval, patience string
		every, suspects    time.Duration
	}{
		{"ping", "suspect_leader", t.PingInterval, t.SuspectLeader},
		{"tick", "suspect_sequencer", t.TickInterval, t.SuspectSequencer},
	} {
		if rule.suspects >= 2*rule.every {
			continue
		}
		at := "timing." + rule.patience
		if f.lines[at] == 0 {
			at = "timing." + rule.interval
		}
		return f.errorAt(at, fmt.Sprintf("%s is %v and %s is %v", rule.interval, rule.every, rule.patience, rule.suspects),
			fmt.Sprintf("%s to be at least twice %s", rule.patience, rule.interval))
	}
	return nil
}

// checkLimits finds limits that contradict each other.
func (f *File) checkLimits() *Error {
	if err := f.Limits.Check(f.MTU); err != nil {
		return f.errorAt("limits."+err.Key, err.Problem, err.Expected)
	}
	if err := f.Clients.Check(); err != nil {
		return f.errorAt("clients."+err.Key, err.Problem, err.Expected)
	}
	return nil
}

// unique finds values that are used twice.
type unique struct {
	f    *File
	what string
	at   map[string]string
}

func (u *unique) add(value, path string) *Error {
	if u.at == nil {
		u.at = make(map[string]string)
	}
	if first, ok := u.at[value]; ok {
		return u.f.errorAt(path, fmt.Sprintf("%s is already used by %s on line %d", value, first, u.f.lines[first]), "another "+u.what)
	}
	u.at[value] = path
	return nil
}
