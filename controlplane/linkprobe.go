package controlplane

import (
	"slices"
	"time"
)

// A switch does not say that a cable was pulled. So the controller sends a small packet over each link, from each
// of the two switches that it can tell to, which the other one sends back (in the manner of LLDP, IEEE 802.1AB). The
// other one need not be in the controller's reach: that it forwards is what its links are asked about.
//
// A link that loses probes several times in a row is gone round. It has to carry more in a row to count as whole,
// and twice as many each time that it is found cut again: every change of mind moves routes and trees, which costs
// more than a link that is left out.

const (
	// probeMiss and probeDoubtfulMiss are what a lost round counts, one of which there are doubts included, and
	// probeLimit is how much makes a link count as cut: BMv2 drops packets when its queues are full, and must not
	// lose its links over that.
	probeMiss         = 4
	probeDoubtfulMiss = 1
	probeLimit        = 16
	// probeHits is how many rounds in a row a link has to carry to count as whole after it was found cut for the
	// first time, doubled up to maxProbeDoublings times.
	probeHits         = 8
	maxProbeDoublings = 6
	// probeCalm is how many rounds a link counts as whole until it is forgiven one time that it was found cut.
	probeCalm = probeHits << maxProbeDoublings
)

// linkState is what the core knows of one link.
type linkState struct {
	asked  bool // a round is under way
	seen   bool // a probe of it came back
	misses int  // of a link that counts as whole: what its lost rounds since the last that it carried count
	hits   int  // of a link that counts as cut: rounds in a row that it carried
	cuts   int  // times that it was found cut and is not forgiven, at most maxProbeDoublings+1
	calm   int  // rounds that it counts as whole, since it does or was forgiven
}

// verdict is what a round of probes says of the links that lost theirs.
type verdict uint8

const (
	// verdictClear: they do not carry.
	verdictClear verdict = iota
	// verdictDoubtful: many failed at once, perhaps since the machines that look are overloaded.
	verdictDoubtful
	// verdictNone: nothing.
	verdictNone
)

// probeLinks ends a round of probes and begins the next when it is time.
func (c *Core) probeLinks(now time.Duration) {
	f := c.fabric
	if now < f.probeAt {
		return
	}
	every := f.topo.Probe
	says := f.verdict()
	if now-f.probeAt > every/2 {
		says = verdictNone // who could not look in time has not seen everything either
	}
	f.probeAt = now + every
	f.round++
	before := f.cuts
	for i := range f.links {
		switch {
		case says == verdictNone:
			f.links[i].misses = 0
		case f.links[i].asked:
			f.judge(i, says)
		}
		c.probeLink(i)
	}
	if f.cuts != before {
		f.reroute(c)
	}
}

// verdict looks at the round as a whole. Where one switch is at an end of all whole links that failed, it explains
// them, however many of a small network's links that are. Else nothing follows when no link carries, as then none
// is better than another; and little does when most of them failed at once.
func (f *fabric) verdict() verdict {
	whole, carried, lost := 0, 0, 0
	failed := make([]int, len(f.topo.Switches)) // by switch
	for i, l := range f.links {
		if !l.asked {
			continue
		}
		if l.seen {
			carried++
		}
		if f.health.cut[i] {
			continue
		}
		whole++
		if !l.seen {
			lost++
			failed[f.topo.Links[i].A.Switch]++
			failed[f.topo.Links[i].B.Switch]++
		}
	}
	switch explained := slices.Contains(failed, lost); {
	case explained && carried > 0:
		return verdictClear
	case carried == 0 && !explained:
		return verdictNone
	case explained || 2*lost > whole:
		return verdictDoubtful
	}
	return verdictClear
}

// probeLink sends the next round's probes over a link.
func (c *Core) probeLink(i int) {
	f := c.fabric
	st := &f.links[i]
	st.asked, st.seen = false, false
	ends := f.topo.Links[i].ends()
	for end, at := range ends {
		other := ends[1-end].Switch
		if !f.topo.probed(i) || !c.targets[f.targetOf[at.Switch]].ready || !c.returns(other) {
			continue
		}
		st.asked = true
		t := f.targetOf[at.Switch]
		c.emit(Effect{Kind: EffectProbe, Target: t, Conn: c.targets[t].conn, Op: f.round, Port: at.Number})
	}
	if !st.asked {
		st.misses, st.hits = 0, 0 // a switch is the better explanation
	}
}

// returns reports whether a switch sends probes back, if it and the link work.
func (c *Core) returns(s int) bool {
	return c.targets[c.fabric.targetOf[s]].ready || c.fabric.switches[s].returns
}

// judge counts a round in which a link carried a probe, or did not.
func (f *fabric) judge(i int, says verdict) {
	st := &f.links[i]
	cut := f.health.cut[i]
	switch {
	case cut && st.seen:
		if st.hits++; st.hits < probeHits<<(st.cuts-1) {
			return
		}
	case cut:
		if says == verdictClear {
			st.hits = 0
		}
		return
	case st.seen:
		st.misses = 0
		if st.calm++; st.calm >= probeCalm {
			st.calm, st.cuts = 0, max(0, st.cuts-1)
		}
		return
	default:
		st.misses += probeMiss
		if says == verdictDoubtful {
			st.misses += probeDoubtfulMiss - probeMiss
		}
		if st.misses < probeLimit {
			return
		}
		st.cuts = min(st.cuts+1, maxProbeDoublings+1)
	}
	f.health.cut[i] = !cut
	st.misses, st.hits, st.calm = 0, 0, 0
	f.cuts++
}

// ProbeSeen: the switch of target t got back, through one of its ports, the probe that it sent there in a round.
// One of the round before has been slow, and shows that the link carries too.
func (c *Core) ProbeSeen(t int, port uint16, round uint64) {
	s := c.switchOfTarget(t)
	if s < 0 || round > c.fabric.round || round+1 < c.fabric.round {
		return
	}
	if link, _ := c.fabric.topo.linkAt(Port{s, port}); link >= 0 {
		c.fabric.links[link].seen = true
	}
}
