package replica

import (
	"bytes"

	"github.com/netordered/nopaxos/replica/wire"
)

// merge is the leader's merge of the logs that it received for a new view.
type merge struct {
	contenders []*wire.ViewChange // those with the highest last-normal view
	holder     int                // the contender with the highest sync point
	base       uint64
	sp         uint64 // the holder's
	end        uint64 // of the longest log
}

// tryMerge starts the merge once f+1 replicas, this one among them, have promised the view.
func (c *Core) tryMerge() {
	if c.view.change.merge != nil {
		return
	}
	own := c.ownViewChange()
	own.Replica = uint16(c.cfg.Self)
	own.Entries = cloneEntries(own.Entries)
	promised := []*wire.ViewChange{own}
	for i, m := range c.view.change.received {
		if m != nil && !c.view.change.silent.has(i) {
			promised = append(promised, m)
		}
	}
	if len(promised) < c.f+1 {
		return
	}
	m := c.newMerge(promised)
	c.view.change.merge = m
	if !c.view.change.formed {
		c.view.change.formed = true
		c.madeProgress()
	}

	if have := c.syncPoint; m.holder != c.cfg.Self && have < m.sp {
		holder := c.view.change.received[m.holder]
		if c.log.end < m.sp || c.log.digestAt(m.sp) != holder.DigestSP {
			c.startFetch(&fetch{purpose: fetchMerge, from: m.holder, view: c.durable.View, lastNormal: holder.LastNormal, start: have, have: have, want: m.sp})
			return
		}
	}
	c.finishMerge(&viewLog{
		start:   c.syncPoint,
		entries: cloneEntries(c.log.entries(nil, c.syncPoint, max(m.sp, c.syncPoint), wholeLog)),
	})
}

// newMerge selects the logs of the highest last-normal view, and among them the one with the highest sync point.
func (c *Core) newMerge(promised []*wire.ViewChange) *merge {
	highest := promised[0].LastNormal
	for _, p := range promised {
		if highest.Less(p.LastNormal) {
			highest = p.LastNormal
		}
	}
	m := &merge{}
	for _, p := range promised {
		c.assert(p.LastNormal.LessEq(highest), "views %v of replica %d and %v were both started", p.LastNormal, p.Replica, highest)
		if p.LastNormal != highest {
			continue
		}
		if len(m.contenders) == 0 {
			m.base, m.sp, m.holder = p.Base, p.SP, int(p.Replica)
		}
		c.assert(p.Base == m.base, "base of view %v is %d at replica %d and %d elsewhere", highest, p.Base, p.Replica, m.base)
		if p.SP > m.sp {
			m.sp, m.holder = p.SP, int(p.Replica)
		}
		m.end = max(m.end, p.End)
		m.contenders = append(m.contenders, p)
	}
	if highest.Session != c.durable.View.Session {
		m.base = m.end // the new session's first message is next
	}
	return m
}

// finishMerge merges the logs behind the holder's stable prefix slot by slot, to the end of the longest: NO-OP if
// any has NO-OP, else the entry. Then it enters the view.
func (c *Core) finishMerge(l *viewLog) {
	m := c.view.change.merge
	c.assert(m.end >= c.syncPoint, "merged log ends at %d, below the sync point %d", m.end, c.syncPoint)
	next := make([]int, len(m.contenders)) // index into each contender's entries
	for slot := l.end() + 1; slot <= m.end; slot++ {
		var chosen *wire.Entry
		for i, p := range m.contenders {
			for next[i] < len(p.Entries) && p.Entries[next[i]].Last() < slot {
				next[i]++
			}
			if next[i] == len(p.Entries) || p.Entries[next[i]].Slot > slot {
				continue
			}
			e := p.Entries[next[i]]
			e.Number += slot - e.Slot
			e.Slot, e.Count = slot, 1
			if chosen == nil {
				chosen = &e
				continue
			}
			c.assert(chosen.Session == e.Session && chosen.Number == e.Number, "slot %d holds number %d of session %d and number %d of session %d",
				slot, chosen.Number, chosen.Session, e.Number, e.Session)
			if e.Kind == wire.EntryNoOp {
				chosen = &e
				continue
			}
			c.assert(chosen.Kind == wire.EntryNoOp || chosen.Kind == e.Kind && bytes.Equal(chosen.Payload, e.Payload),
				"slot %d holds two different messages", slot)
		}
		c.assert(chosen != nil, "no log of view %v has slot %d", m.contenders[0].LastNormal, slot)
		l.entries = append(l.entries, *chosen)
	}
	l.view, l.base, l.sp = c.durable.View, m.base, max(m.sp, c.syncPoint)
	c.enter(l)
}
