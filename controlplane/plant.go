package controlplane

// A switch whose P4Runtime stream is lost mostly forwards on. It cannot be told another tree, and need not be if it
// has just the copies that the tree takes of it: it stays in the tree. It is left out when its links are found cut,
// when every replica behind it reports that nothing comes, or when its process has ended.

// plant makes the tree of group i that starts at a switch, and says how far from there each switch is.
func (f *fabric) plant(c *Core, i, root int) (tree, []int) {
	kept := f.keepable(i, root)
	for {
		t, distance := f.paths.treeFrom(f.ground(i, root, kept), c.groups[i].number, f.hosts[i])
		misfit := f.misfit(i, kept, t, distance)
		if misfit < 0 {
			return t, distance
		}
		kept[misfit] = false
	}
}

// keepable returns which switches relay copies of group i although the controller does not reach them, as they are
// known to: those that a tree may be built around.
func (f *fabric) keepable(i, root int) []bool {
	kept := make([]bool, len(f.switches))
	for s := range f.switches {
		in := &f.switches[s].copies[i]
		kept[s] = f.health.down[s] && s != root && in.exact && !in.sequences && in.relays()
		for _, copied := range in.most {
			link, _ := f.topo.linkAt(Port{s, copied.Port})
			if copied.relayed() && f.health.cut[link] {
				kept[s] = false
			}
		}
	}
	return kept
}

// ground is where the tree of group i from a root may grow: into switches that the controller programs, those that
// are kept as they are, and those that relay the group's packets nowhere whatever tree they have.
func (f *fabric) ground(i, root int, kept []bool) *ground {
	g := &ground{
		root:  root,
		enter: make([]bool, len(kept)),
		relay: make([]bool, len(kept)),
		fixed: make([][]Copy, len(kept)),
		from:  make([]int, len(kept)),
	}
	for s := range kept {
		in := &f.switches[s].copies[i]
		g.relay[s] = !f.health.down[s] || kept[s]
		g.enter[s] = g.relay[s] || !in.relays()
		g.from[s] = -1
		if kept[s] {
			g.fixed[s] = in.most
		}
	}
	for s, neighbours := range f.paths.neighbours {
		for _, n := range neighbours {
			if kept[s] && g.allows(s, n) {
				g.from[n.to] = s
			}
		}
	}
	return g
}

// misfit returns a kept switch that does not do what tree t takes of it, or that only cut links lead to; -1: none.
func (f *fabric) misfit(i int, kept []bool, t tree, distance []int) int {
	for s := range kept {
		if kept[s] && (distance[s] >= avoided || !f.switches[s].copies[i].just(t[s], false)) {
			return s
		}
	}
	return -1
}

// ended: the process of switch s is gone, or has lost what was installed. Nothing that it had is relied upon.
func (f *fabric) ended(c *Core, s int) {
	st := &f.switches[s]
	st.returns = false
	kept := false
	for i := range st.copies {
		kept = kept || st.copies[i].exact
		st.copies[i].exact = false
	}
	if kept && f.health.down[s] {
		f.reroute(c)
	}
	f.setDown(c, s, true)
}

// doubt leaves the switches out of group i's tree that are kept in it although the controller does not reach them,
// and that no replica speaks for: all those behind them say that nothing comes.
func (f *fabric) doubt(c *Core, i int, reports func(replica int) bool) {
	doubted := false
	for s := range f.switches {
		in := &f.switches[s].copies[i]
		if !f.health.down[s] || !in.exact {
			continue
		}
		behind := f.behind(s, i)
		silent := 0
		for _, r := range behind {
			if reports(r) {
				silent++
			}
		}
		if silent > 0 && silent == len(behind) {
			in.exact, doubted = false, true
		}
	}
	if doubted {
		f.replant(c, i)
	}
}

// behind returns the replicas of group i whose copies pass switch s.
func (f *fabric) behind(s, i int) (replicas []int) {
	if f.groups[i].tree == nil {
		return nil
	}
	for _, copied := range f.groups[i].tree[s] {
		if !copied.relayed() {
			replicas = append(replicas, copied.Replica)
			continue
		}
		link, end := f.topo.linkAt(Port{s, copied.Port})
		replicas = append(replicas, f.behind(f.topo.Links[link].ends()[1-end].Switch, i)...)
	}
	return replicas
}
