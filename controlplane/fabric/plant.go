package fabric

import "slices"

// A switch whose P4Runtime stream is lost usually forwards on. The controller cannot give it another tree, and need not
// if it already has exactly the copies that the tree needs there: it stays in the tree. It is left out when its links
// are found cut, when every replica behind it reports silence, or when its process has ended.

// plant makes the tree of group i that starts at a switch, and returns how far from there each switch is.
func (f *Fabric) plant(i, root int) (tree, []int) {
	kept := f.keepable(i, root)
	for {
		t, distance := f.paths.treeFrom(f.ground(i, root, kept), f.groups[i].number, f.groups[i].hosts)
		misfit := f.misfit(i, kept, t, distance)
		if misfit < 0 {
			return t, distance
		}
		kept[misfit] = false
	}
}

// keepable returns, by switch, whether it relays known copies of group i although the controller does not reach it: a
// tree may be built around it.
func (f *Fabric) keepable(i, root int) []bool {
	kept := make([]bool, len(f.switches))
	for s := range f.switches {
		c := &f.switches[s].copies[i]
		kept[s] = f.health.down[s] && s != root && c.exact && !c.sequences && c.relay()
		for _, copied := range c.most {
			link, _ := f.topo.LinkAt(Port{s, copied.Port})
			if copied.Relayed() && f.health.cut[link] {
				kept[s] = false
			}
		}
	}
	return kept
}

// ground returns where the tree of group i from a root may grow: into switches that the controller programs, those that
// are kept as they are, and those that relay the group's packets nowhere under any tree.
func (f *Fabric) ground(i, root int, kept []bool) *ground {
	g := &ground{
		root:  root,
		enter: make([]bool, len(kept)),
		relay: make([]bool, len(kept)),
		fixed: make([][]Copy, len(kept)),
		from:  make([]int, len(kept)),
	}
	for s := range kept {
		c := &f.switches[s].copies[i]
		g.relay[s] = !f.health.down[s] || kept[s]
		g.enter[s] = g.relay[s] || !c.relay()
		g.from[s] = -1
		if kept[s] {
			g.fixed[s] = c.most
		}
	}
	for s, neighbours := range f.paths.neighbours {
		for _, n := range neighbours {
			if kept[s] && g.allows(s, n) {
				g.from[n.Switch] = s
			}
		}
	}
	return g
}

// misfit returns a kept switch whose copies differ from those of tree t, or that only cut links lead to; -1: none.
func (f *Fabric) misfit(i int, kept []bool, t tree, distance []int) int {
	for s := range kept {
		if kept[s] && (distance[s] >= avoided || !f.switches[s].copies[i].just(t[s], false)) {
			return s
		}
	}
	return -1
}

// Doubt considers the replicas of group i that report silence. A switch that was kept in the tree although the
// controller does not reach it is left out if all replicas behind it report.
func (f *Fabric) Doubt(i int, reports func(replica int) bool) {
	doubted := false
	for s := range f.switches {
		c := &f.switches[s].copies[i]
		if !f.health.down[s] || !c.exact {
			continue
		}
		receives := func(r int) bool { return !reports(r) }
		if behind := f.behind(s, i); len(behind) > 0 && !slices.ContainsFunc(behind, receives) {
			c.exact, doubted = false, true
		}
	}
	if doubted {
		f.replant(i)
	}
}

// behind returns the replicas of group i whose copies pass switch s.
func (f *Fabric) behind(s, i int) (replicas []int) {
	if f.groups[i].tree == nil {
		return nil
	}
	for _, copied := range f.groups[i].tree[s] {
		if !copied.Relayed() {
			replicas = append(replicas, copied.Replica)
			continue
		}
		link, end := f.topo.LinkAt(Port{s, copied.Port})
		replicas = append(replicas, f.behind(f.topo.Links[link].Ends()[1-end].Switch, i)...)
	}
	return replicas
}
