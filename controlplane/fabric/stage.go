package fabric

// stage is how far the switches are with the tree of a group.
type stage uint8

const (
	// stageShrinking: the switches lose the copies that the new tree does not have.
	stageShrinking stage = iota
	// stageGrowing: they gain the copies that it has.
	stageGrowing
	// stageDone: they have the tree.
	stageDone
)

// Routed reports whether the switches have the tree of group i.
func (f *Fabric) Routed(i int) bool { return f.groups[i].stage == stageDone }

// Advance moves every group on whose switches have completed its stage.
func (f *Fabric) Advance() {
	for moved := true; moved; {
		moved = false
		for i := range f.groups {
			if g := &f.groups[i]; g.stage != stageDone && f.arrived(i) {
				g.stage++
				f.changed()
				moved = true
			}
		}
	}
}

// arrived reports whether every switch that is not given up has completed the stage of group i. A switch that has none
// of the group's copies, and shall have none, is not waited for, however busy it is.
func (f *Fabric) arrived(i int) bool {
	g := &f.groups[i]
	for s := range f.switches {
		st := &f.switches[s]
		there := st.copies[i].within(g.tree[s])
		if in := len(g.tree[s]) > 0 || g.root == s; in && g.stage == stageGrowing {
			there = st.done != nil && st.copies[i].just(g.tree[s], g.root == s)
		}
		if !there && !f.health.down[s] {
			return false
		}
	}
	return true
}
