package sim

import (
	"math/bits"

	"github.com/netordered/nopaxos/replica"
	"github.com/netordered/nopaxos/replica/wire"
)

// persisted checks a record against its predecessor (invariant 7), and the view that the replica enters.
func (c *checker) persisted(n *node, r replica.Record) {
	old, h := n.record, &c.replicas[n.id]
	if !lessEq(old.View, r.View) || !lessEq(old.LastNormal, r.LastNormal) || !lessEq(r.LastNormal, r.View) ||
		r.Incarnation < old.Incarnation || r.Epoch < old.Epoch {
		c.w.fail(n.id, "record %+v follows %+v (invariant 7)", r, old)
	}
	if r.Incarnation != old.Incarnation {
		h.recovering, h.recoverFrom = n.restarted && r.View.Session != 0, r.View
	}
	if r.LastNormal != old.LastNormal && r.LastNormal.Session != 0 {
		c.entered(n, r.LastNormal)
	}
}

// entered checks that f+1 replicas formed the view that a replica enters.
func (c *checker) entered(n *node, v wire.View) {
	h := &c.replicas[n.id]
	if h.recovering && !less(h.recoverFrom, v) {
		c.w.fail(n.id, "recovers into view %v, not above its persisted view %v", v, h.recoverFrom)
	}
	h.recovering = false
	leader := v.LeaderOf(c.w.s.replicas)
	if n.id != leader {
		if _, ok := c.bases[v]; !ok {
			c.w.fail(n.id, "enters view %v, which its leader has not started", v)
		}
		return
	}
	if others := bits.OnesCount64(c.changes[v] &^ (1 << leader)); others < c.f {
		c.w.fail(n.id, "enters view %v as leader with the VIEW-CHANGEs of %d others, expected %d", v, others, c.f)
	}
}

// startView checks that views form a chain (invariant 10) and that a view starts with everything committed before
// (invariants 1, 3).
func (c *checker) startView(n *node, m *wire.StartView) {
	base, known := c.bases[m.View]
	if known && base != m.Base {
		c.w.fail(n.id, "START-VIEW %v has base %d, it had base %d (invariant 7)", m.View, m.Base, base)
	}
	c.bases[m.View] = m.Base
	c.isStable(n, m.SP, m.DigestSP)
	at := viewSlot{m.View, m.End}
	if have, ok := c.ends[at]; ok && have != m.DigestEnd {
		c.w.fail(n.id, "START-VIEW %v has digest %v at its end %d, it had %v", m.View, m.DigestEnd, m.End, have)
	}
	c.ends[at] = m.DigestEnd
	if !known {
		for _, v := range c.started {
			if !lessEq(v, m.View) && !lessEq(m.View, v) {
				c.w.fail(n.id, "views %v and %v were both started (invariant 10)", v, m.View)
			}
		}
		c.started = append(c.started, m.View)
	}
	if m.WithLog {
		c.numbered(n, m.Kind(), m.Entries, m.Base, m.View.Session)
		c.restores(n, m)
	}
}

// restores checks a new view's log against the commits of lower views.
func (c *checker) restores(n *node, m *wire.StartView) {
	at := 0
	for slot := m.SP + 1; slot <= c.highest; slot++ {
		have, ok := c.commits[slot]
		if !ok || !less(have.view, m.View) {
			continue
		}
		if slot > m.End {
			c.w.fail(n.id, "START-VIEW %v ends at slot %d; slot %d was committed in view %v (invariant 1)", m.View, m.End, slot, have.view)
			return
		}
		for at < len(m.Entries) && m.Entries[at].Last() < slot {
			at++
		}
		if at == len(m.Entries) {
			return
		}
		if e := m.Entries[at]; have.noOp != (e.Kind == wire.EntryNoOp) || !have.noOp && have.request != identity(e) {
			c.w.fail(n.id, "START-VIEW %v has %s; slot %d was committed as %+v (invariants 1, 3)", m.View, c.w.text.Entry(e), slot, have)
		}
	}
}

func identity(e wire.Entry) requestID {
	m, err := wire.ParseRequest(e.Payload)
	if err != nil || e.Kind != wire.EntryRequest {
		return requestID{}
	}
	return requestID{m.Client, m.ID}
}
