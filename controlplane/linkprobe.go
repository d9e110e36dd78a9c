package controlplane

import "time"

// A switch does not say that a cable was pulled. So the controller sends a small packet over each link in
// both directions, from the switch at one end to the one at the other, which hands it back to the controller
// (in the manner of LLDP, IEEE 802.1AB). A link that loses probes several times in a row is gone round, until
// it carries as many again.

const (
	// probeMisses is how many rounds in a row a link may lose before it counts as cut: BMv2 drops packets
	// when its queues are full, and must not lose its links over that.
	probeMisses = 4
	// probeHits is how many rounds in a row a cut link has to carry to count as whole.
	probeHits = 4
)

// linkState is what the core knows of one link.
type linkState struct {
	asked bool    // a round is under way
	seen  [2]bool // what it has shown so far, by the end that received it
	run   int     // rounds in a row that speak against how the link is seen
}

// probeLinks ends a round of probes and begins the next when it is time.
func (c *Core) probeLinks(now time.Duration) {
	f := c.fabric
	if now < f.probeAt {
		return
	}
	every := f.topo.Probe
	// Whoever could not look in time has not seen everything either; and when most links fail at once
	// it is the machine that stands still.
	blind := now-f.probeAt > every/2 || f.mostFail()
	f.probeAt = now + every
	before := f.cuts
	for i := range f.links {
		c.probeLink(i, blind)
	}
	if f.cuts != before {
		f.reroute(c)
	}
}

// mostFail reports whether more than half of the links carried nothing in this round.
func (f *fabric) mostFail() bool {
	asked, carried := 0, 0
	for _, l := range f.links {
		if l.asked {
			asked++
		}
		if l.asked && l.seen[0] && l.seen[1] {
			carried++
		}
	}
	return 2*carried < asked
}

// probeLink judges one link by the last round, unless that was seen blindly, and sends the next.
func (c *Core) probeLink(i int, blind bool) {
	f := c.fabric
	l, st := f.topo.Links[i], &f.links[i]
	if !f.topo.Switches[l.A.Switch].Probes || !f.topo.Switches[l.B.Switch].Probes {
		return
	}
	switch {
	case blind:
		st.run = 0
	case st.asked:
		f.judge(i, st.seen[0] && st.seen[1])
	}
	*st = linkState{run: st.run}
	a, b := &c.targets[f.targetOf[l.A.Switch]], &c.targets[f.targetOf[l.B.Switch]]
	if !a.ready || !b.ready {
		st.run = 0 // a switch is the better explanation
		return
	}
	st.asked = true
	for _, end := range []Port{l.A, l.B} {
		t := f.targetOf[end.Switch]
		c.emit(Effect{Kind: EffectProbe, Target: t, Conn: c.targets[t].conn, Port: end.Number})
	}
}

// judge counts a round in which a link carried its probes, or did not.
func (f *fabric) judge(i int, carried bool) {
	st := &f.links[i]
	if cut := f.health.cut[i]; cut != carried {
		st.run = 0
		return
	}
	st.run++
	if limit := map[bool]int{false: probeMisses, true: probeHits}[f.health.cut[i]]; st.run >= limit {
		f.health.cut[i] = !f.health.cut[i]
		st.run = 0
		f.cuts++
	}
}

// ProbeSeen: the switch of target t received a probe through one of its ports, which another switch says it
// sent through one of its own. One that came another way than the configuration has it speaks for no link.
func (c *Core) ProbeSeen(now time.Duration, t int, port uint16, from Port) {
	s := c.switchOfTarget(t)
	if s < 0 {
		return
	}
	for i, l := range c.fabric.topo.Links {
		for end, at := range []Port{l.A, l.B} {
			if at == (Port{s, port}) && otherEnd(l, s, port) == from {
				c.fabric.links[i].seen[end] = true
			}
		}
	}
	c.advance(now)
}
