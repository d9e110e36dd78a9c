package fabric

import (
	"slices"
	"time"
)

// A switch does not report that a cable was pulled. So the controller sends a small packet over each link, from each of
// the two switches that it reaches, and the switch at the other end returns it (in the manner of LLDP, IEEE 802.1AB).
// The controller need not reach that other switch: the probe tests whether it forwards.
//
// Traffic is routed around a link that loses several probes in a row. The link must then carry more in a row to count
// as whole, and twice as many each time that it is found cut again: every change moves routes and trees, which costs
// more than a link left out.

const (
	// A lost round counts probeMiss, a doubtful one probeDoubtfulMiss, and probeLimit makes the link count as cut: BMv2
	// drops packets when its queues are full, and must not lose its links over that.
	probeMiss         = 4
	probeDoubtfulMiss = 1
	probeLimit        = 16
	// probeHits is the number of rounds in a row that a link has to carry to count as whole after it was found cut for
	// the first time; it doubles up to maxProbeDoublings times.
	probeHits         = 8
	maxProbeDoublings = 6
	// probeCalm is the number of rounds as a whole link after which one of its cuts is forgiven.
	probeCalm = probeHits << maxProbeDoublings
)

// Probe is a packet to send through a port of a switch. ProbeSeen reports its return.
type Probe struct {
	From  Port
	Round uint64
}

// linkState is the known state of one link.
type linkState struct {
	asked  bool // a round is under way
	seen   bool // a probe of it came back
	misses int  // of a whole link: weight of the rounds lost since the last that it carried
	hits   int  // of a cut link: rounds in a row that it carried
	cuts   int  // times that it was found cut and is not forgiven, at most maxProbeDoublings+1
	calm   int  // rounds as a whole link, since it became whole or was last forgiven
}

// verdict is the meaning of a round of probes for the links that lost theirs.
type verdict uint8

const (
	// verdictClear: they do not carry.
	verdictClear verdict = iota
	// verdictDoubtful: many failed at once; the machines that probe may be overloaded.
	verdictDoubtful
	// verdictNone: nothing.
	verdictNone
)

// Probe ends a round of probes and begins the next when it is due. ready reports whether a switch can be programmed.
func (f *Fabric) Probe(now time.Duration, ready func(s int) bool) (probes []Probe) {
	if now < f.probeAt {
		return nil
	}
	every := f.topo.Probe
	says := f.verdict()
	if now-f.probeAt > every/2 {
		says = verdictNone // a controller that ran late has not seen every probe
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
		probes = append(probes, f.probeLink(i, ready)...)
	}
	if f.cuts != before {
		f.reroute()
	}
	return probes
}

// verdict considers the round as a whole. A switch that is at an end of every whole link that failed explains the
// failures, even if those are most links of a small network. Otherwise, if no link carries, no link is better than
// another and nothing follows; and if most of them failed at once, little does.
func (f *Fabric) verdict() verdict {
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

// probeLink returns the next round's probes of a link: from each end that is ready, if the other end returns them.
func (f *Fabric) probeLink(i int, ready func(s int) bool) (probes []Probe) {
	st := &f.links[i]
	ends := f.topo.Links[i].Ends()
	for end, at := range ends {
		other := ends[1-end].Switch
		if f.topo.Probed(i) && ready(at.Switch) && (ready(other) || f.switches[other].returns) {
			probes = append(probes, Probe{From: at, Round: f.round})
		}
	}
	st.asked, st.seen = len(probes) > 0, false
	if !st.asked {
		st.misses, st.hits = 0, 0 // a switch explains the silence better
	}
	return probes
}

// judge counts a round in which a link carried a probe, or did not.
func (f *Fabric) judge(i int, says verdict) {
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

// ProbeSeen records that the probe of a round returned to the port that it was sent from. A probe of the round before
// was slow, and shows that the link carries, too.
func (f *Fabric) ProbeSeen(from Port, round uint64) {
	if round > f.round || round+1 < f.round {
		return
	}
	if link, _ := f.topo.LinkAt(from); link >= 0 {
		f.links[link].seen = true
	}
}
