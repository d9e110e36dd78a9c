package controlplane

import "slices"

// installed is what the core knows of the copies of one group that a switch has installed, whether or not it reaches
// the switch. The zero value is nothing: an earlier controller may have installed any.
type installed struct {
	bounded   bool   // there are none but most
	exact     bool   // there are just these
	sequences bool   // if exact: they are of the packets that the switch stamps, not of those that it gets
	most      []Copy // in order
}

// send: the switch is being told to do g. Until it says so it may do what it did, what it is told, or a part.
func (in *installed) send(g GroupForwarding) {
	if g.Undecided {
		return
	}
	in.exact = in.exact && in.sequences == g.Sequences
	if g.Shrink {
		in.exact = in.exact && contains(g.Copies, in.most)
		return
	}
	in.exact = in.exact && slices.Equal(in.most, g.Copies)
	for _, c := range g.Copies {
		if i, there := slices.BinarySearchFunc(in.most, c, compareCopies); !there {
			in.most = slices.Insert(slices.Clone(in.most), i, c)
		}
	}
}

// confirm: the switch does g.
func (in *installed) confirm(g GroupForwarding) {
	switch {
	case g.Undecided:
	case !g.Shrink:
		*in = installed{bounded: true, exact: true, sequences: g.Sequences, most: g.Copies}
	case in.bounded:
		in.most = slices.DeleteFunc(slices.Clone(in.most), func(c Copy) bool { return !slices.Contains(g.Copies, c) })
	default:
		in.bounded, in.most = true, g.Copies
	}
}

// within reports whether the switch certainly has no other copies than these.
func (in *installed) within(copies []Copy) bool { return in.bounded && contains(copies, in.most) }

// just reports whether the switch certainly has these copies, of packets that it stamps or of those that it gets.
func (in *installed) just(copies []Copy, sequences bool) bool {
	return in.exact && in.sequences == sequences && slices.Equal(in.most, copies)
}

// relays reports whether the switch may have copies to other switches.
func (in *installed) relays() bool { return !in.bounded || slices.ContainsFunc(in.most, Copy.relayed) }

// contains reports whether all of some are in copies.
func contains(copies, some []Copy) bool {
	return !slices.ContainsFunc(some, func(c Copy) bool { return !slices.Contains(copies, c) })
}
