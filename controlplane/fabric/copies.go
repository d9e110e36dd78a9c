package fabric

import "slices"

// copies records which copies a switch makes of one group's packets, as far as that is known, whether or not the
// controller reaches the switch. The zero value knows nothing: an earlier controller may have installed any.
type copies struct {
	bounded   bool   // there are no others than most
	exact     bool   // there are just these
	sequences bool   // if exact: of the packets that the switch stamps, rather than of those that it receives
	most      []Copy // in order
}

// send notes that g is on its way to the switch. Until the switch confirms it, the old copies, the new ones or a part
// of them may be installed.
func (c *copies) send(g GroupForwarding) {
	if g.Undecided {
		return
	}
	c.exact = c.exact && c.sequences == g.Sequences
	if g.Shrink {
		c.exact = c.exact && contains(g.Copies, c.most)
		return
	}
	c.exact = c.exact && slices.Equal(c.most, g.Copies)
	for _, added := range g.Copies {
		if i, there := slices.BinarySearchFunc(c.most, added, compareCopies); !there {
			c.most = slices.Insert(slices.Clone(c.most), i, added)
		}
	}
}

// confirm notes that the switch does g.
func (c *copies) confirm(g GroupForwarding) {
	switch {
	case g.Undecided:
	case !g.Shrink:
		*c = copies{bounded: true, exact: true, sequences: g.Sequences, most: g.Copies}
	case c.bounded:
		c.most = slices.DeleteFunc(slices.Clone(c.most), func(old Copy) bool { return !slices.Contains(g.Copies, old) })
	default:
		c.bounded, c.most = true, g.Copies
	}
}

// within reports whether the switch certainly has no other copies than these.
func (c *copies) within(these []Copy) bool { return c.bounded && contains(these, c.most) }

// just reports whether the switch certainly has exactly these copies, of the packets that it stamps or of those that it
// receives.
func (c *copies) just(these []Copy, sequences bool) bool {
	return c.exact && c.sequences == sequences && slices.Equal(c.most, these)
}

// relay reports whether the switch may have copies to other switches.
func (c *copies) relay() bool { return !c.bounded || slices.ContainsFunc(c.most, Copy.Relayed) }

// contains reports whether all includes every one of some.
func contains(all, some []Copy) bool {
	return !slices.ContainsFunc(some, func(c Copy) bool { return !slices.Contains(all, c) })
}
