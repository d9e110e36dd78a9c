package controlplane

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"

	"github.com/netordered/nopaxos/p4src"

	"github.com/netordered/nopaxos/controlplane/fabric"
	"github.com/netordered/nopaxos/controlplane/failover"
	"github.com/netordered/nopaxos/controlplane/tables"
)

// The switches of a world: they have tables, through which packets are walked.

// testTopology builds topologies.
type testTopology struct {
	fabric.Topology
	ports []uint16 // by switch, the last one used
}

func (t *testTopology) addSwitch() int {
	i := len(t.Switches)
	t.Switches = append(t.Switches, fabric.Switch{Name: fmt.Sprintf("s%d", i), P4RuntimeAddr: fmt.Sprintf("s%d:9559", i), DeviceID: 1, MAC: fabric.MAC(0x020000000100 + i<<8), Probes: true})
	t.ports = append(t.ports, 0)
	return i
}

func portAt(s int, number uint16) fabric.Port { return fabric.Port{Switch: s, Number: number} }

func (t *testTopology) port(s int) fabric.Port {
	t.ports[s]++
	return portAt(s, t.ports[s])
}

func (t *testTopology) link(a, b int) {
	t.Links = append(t.Links, fabric.Link{A: t.port(a), B: t.port(b)})
}

func (t *testTopology) addHost(s int) {
	i := len(t.Hosts)
	t.Hosts = append(t.Hosts, fabric.Host{
		Name: fmt.Sprintf("h%d", i), Addr: netip.AddrFrom4([4]byte{10, 1, byte(i), 2}), MAC: fabric.MAC(0x02AA00000000 + i), At: t.port(s),
		Gateway: netip.AddrFrom4([4]byte{10, 1, byte(i), 1}),
	})
}

// fatTree is the k-ary fat-tree of Al-Fares et al. (SIGCOMM 2008): k pods of k/2 edge and k/2 aggregation switches,
// (k/2)² core switches, which come first, and k/2 hosts, at least two, at every edge switch.
func fatTree(k int) *fabric.Topology {
	t := &testTopology{}
	core := make([]int, k*k/4)
	for i := range core {
		core[i] = t.addSwitch()
	}
	for range k {
		aggregation, edge := make([]int, k/2), make([]int, k/2)
		for i := range aggregation {
			aggregation[i] = t.addSwitch()
			for j := range k / 2 {
				t.link(aggregation[i], core[i*k/2+j])
			}
		}
		for i := range edge {
			edge[i] = t.addSwitch()
			for _, a := range aggregation {
				t.link(edge[i], a)
			}
			for range max(2, k/2) {
				t.addHost(edge[i])
			}
		}
	}
	return &t.Topology
}

// randomTopology has up to eight switches, connected, with a few cables more than that takes, some between the same two
// switches.
func randomTopology(rng *rand.Rand) *fabric.Topology {
	t := &testTopology{}
	n := 1 + rng.IntN(8)
	for i := range n {
		t.addSwitch()
		if i > 0 {
			t.link(i, rng.IntN(i))
		}
	}
	for range rng.IntN(n + 1) {
		if a, b := rng.IntN(n), rng.IntN(n); a != b {
			t.link(a, b)
		}
	}
	for range 3 + rng.IntN(5) {
		t.addHost(rng.IntN(n))
	}
	return &t.Topology
}

// newFabricWorld has switch number i as target number order[i]; the first candidates of them may be sequencers. Each
// group has three replicas at some of the hosts.
func newFabricWorld(t reporter, rng *rand.Rand, topo *fabric.Topology, candidates int, groups ...uint32) *world {
	w := newWorld(t, candidates) // without groups, so that its core does nothing
	w.topo, w.cut, w.order = topo, map[int]bool{}, rng
	cfg := Config{Topology: topo}
	for i, number := range groups {
		g := Group{Number: number, F: 1}
		for r, h := range rng.Perm(len(topo.Hosts))[:3] {
			g.Replicas = append(g.Replicas, netip.AddrPortFrom(topo.Hosts[h].Addr, uint16(9700+10*i+r)))
		}
		cfg.Groups = append(cfg.Groups, g)
		w.cfg.Groups = append(w.cfg.Groups, failover.Group{Number: number, F: 1, Replicas: 3})
	}
	for s := range candidates {
		cfg.Sequencers = append(cfg.Sequencers, Sequencer{Name: topo.Switches[s].Name, Switch: true})
	}
	if err := cfg.validate(); err != nil {
		t.Fatal(err)
	}
	w.groups, w.cfg.Switches = cfg.fabricGroups(), cfg.switches()
	var err error
	cell := uint16(0)
	if w.plan, err = tables.NewPlan(topo, w.groups, []byte("key"), func(uint32) (uint16, error) { cell++; return cell, nil }); err != nil {
		t.Fatal(err)
	}
	w.targets = nil
	for range w.cfg.Switches {
		w.targets = append(w.targets, &worldTarget{up: true, entries: map[uint32]failover.SequenceEntry{}, tables: tables.New()})
	}
	w.boot()
	return w
}

// prepare carries out EffectPrepare on a target, in any order that the target may choose. With w.faulty set it may stop
// halfway.
func (w *world) prepare(tg *worldTarget, f *fabric.Forwarding) bool {
	if w.plan == nil {
		return true
	}
	batches := tables.Difference(tg.tables, w.plan.Compile(f, tg.tables))
	fails := w.faulty != nil && w.faulty.IntN(20) == 0
	for i, batch := range batches {
		if fails && w.faulty.IntN(len(batches)-i) == 0 {
			applyInAnyOrder(w.t, w.order, tg.tables, [][]tables.Change{batch[:w.faulty.IntN(len(batch))]})
			return false
		}
		applyInAnyOrder(w.t, w.order, tg.tables, batches[i:i+1])
	}
	return true
}

func (w *world) mirrorInstall(tg *worldTarget, e failover.Effect) {
	if w.plan != nil && tg.pipeline {
		tg.tables.Apply(w.plan.Install(e.Group, e.Session, false))
	}
}

func (w *world) mirrorRemove(tg *worldTarget, e failover.Effect) {
	if w.plan != nil {
		tg.tables.Apply(w.plan.Remove(e.Group, e.Forwarding))
	}
}

// targetOf returns the target that a switch is.
func (w *world) targetOf(s int) int { return slices.Index(w.cfg.Switches, s) }

// tree returns, by switch, the copies of a group's packets that the fabric wants.
func (w *world) tree(group int) [][]fabric.Copy { return treeOf(w.topo, w.fabric, group) }

// treeFrom returns the tree of a group from a root, where every switch can be programmed and every link works.
func (w *world) treeFrom(group, root int) [][]fabric.Copy {
	f := fabric.New(w.topo, w.groups)
	f.Decide(group, root)
	return treeOf(w.topo, f, group)
}

func treeOf(topo *fabric.Topology, f *fabric.Fabric, group int) (tree [][]fabric.Copy) {
	for s := range topo.Switches {
		tree = append(tree, f.Wanted(s).Groups[group].Copies)
	}
	return tree
}

func equalTrees(a, b [][]fabric.Copy) bool {
	return slices.EqualFunc(a, b, slices.Equal[[]fabric.Copy])
}

// root returns the switch at which a group's tree starts, or -1.
func (w *world) root(group int) int {
	for s := range w.topo.Switches {
		if w.fabric.Wanted(s).Groups[group].Sequences {
			return s
		}
	}
	return -1
}

// behind returns the replicas of a group whose copies pass a switch.
func (w *world) behind(s, group int) (replicas []int) {
	for _, c := range w.tree(group)[s] {
		if !c.Relayed() {
			replicas = append(replicas, c.Replica)
			continue
		}
		link, end := w.topo.LinkAt(portAt(s, c.Port))
		replicas = append(replicas, w.behind(w.topo.Links[link].Ends()[1-end].Switch, group)...)
	}
	return replicas
}

// walker passes packets through the present tables.
func (w *world) walker() *walker {
	walker := newWalker(w.topo, func(s int) *tables.State {
		if tg := w.targets[w.targetOf(s)]; tg.up {
			return tg.tables
		}
		return nil
	})
	for i, l := range w.topo.Links {
		walker.cut[l.A], walker.cut[l.B] = w.cut[i], w.cut[i]
	}
	return walker
}

// checkNoCircle looks for a circle in the trees of all switches that stamp: a packet that is copied in a circle fills
// the network, so no moment of any change may have one.
func (w *world) checkNoCircle() {
	walker := w.walker()
	for s, t := range walker.tables {
		for i := range w.groups {
			g := &w.groups[i]
			if t == nil {
				continue
			}
			if act, there := t.Entries[tables.GroupKey(g.Number, tables.Unstamped)]; there && act.ID == p4src.ActionSequence {
				if _, err := walker.arrive(portAt(s, 0), packet{dst: g.Number, oum: true, ttl: 64}); err != nil {
					w.violated("group %#x: %v", g.Number, err)
				}
			}
		}
	}
}

// checkService walks a request from every host: each replica gets it once, stamped in the group's session; and a packet
// from every host to every other.
func (w *world) checkService() {
	walker := w.walker()
	for h := range w.topo.Hosts {
		from := &w.topo.Hosts[h]
		for i := range w.groups {
			w.checkRequest(walker, from, &w.groups[i])
		}
		for o := range w.topo.Hosts {
			to := &w.topo.Hosts[o]
			got, err := walker.fromHost(from, packet{dst: fabric.AddressNumber(to.Addr)})
			if err != nil || len(got) != 1 || got[0].host != to {
				w.t.Fatalf("from %s to %s: %v, %v", from.Name, to.Name, got, err)
			}
		}
	}
}

func (w *world) checkRequest(walker *walker, from *fabric.Host, g *fabric.Group) {
	got, err := walker.fromHost(from, packet{dst: g.Number, oum: true})
	if err != nil {
		w.t.Fatalf("group %#x from %s: %v", g.Number, from.Name, err)
	}
	want := slices.Clone(g.Replicas)
	var have []netip.AddrPort
	for _, d := range got {
		if d.dst != fabric.AddressNumber(d.host.Addr) || d.session != w.published[g.Number].session || !d.stamped {
			w.t.Fatalf("group %#x from %s: %+v came to %s, want session %d", g.Number, from.Name, d.packet, d.host.Name, w.published[g.Number].session)
		}
		have = append(have, netip.AddrPortFrom(d.host.Addr, d.udpPort))
	}
	slices.SortFunc(want, netip.AddrPort.Compare)
	slices.SortFunc(have, netip.AddrPort.Compare)
	if !slices.Equal(want, have) {
		w.t.Fatalf("group %#x from %s: reached %v, want each of %v once", g.Number, from.Name, have, want)
	}
	// A host cannot inject stamped packets.
	if got, err := walker.fromHost(from, packet{dst: g.Number, oum: true, stamped: true}); err != nil || len(got) != 0 {
		w.t.Fatalf("group %#x: stamped by %s: %v, %v", g.Number, from.Name, got, err)
	}
}

// passProbe sends a probe from its switch, and reports it to the core if it returns.
func (w *world) passProbe(p *pending) {
	topo := w.topo
	from := portAt(w.cfg.Switches[p.Target], p.Port)
	link, end := topo.LinkAt(from)
	to := topo.Links[link].Ends()[1-end]
	walker := w.walker()
	if walker.tables[from.Switch] == nil {
		return
	}
	if _, err := walker.cross(from, packet{
		dst: fabric.ProbeAddr(link, end), oum: true, stamped: true, ttl: 3,
		smac: topo.Switches[from.Switch].MAC, dmac: topo.Switches[to.Switch].MAC,
	}); err != nil {
		w.violated("a probe from %v: %v", from, err)
	}
	for _, at := range walker.punted {
		if at != from {
			w.violated("the probe that switch %d sends through port %d returns to %v", from.Switch, from.Number, at)
		}
		if w.targets[p.Target].stream {
			w.core.ProbeSeen(p.Target, at.Number, p.Op)
			w.collect()
		}
	}
}
