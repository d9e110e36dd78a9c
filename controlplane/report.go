package controlplane

import "time"

// A new session that is given up at once, for replicas report it or links are cut, is held on to longer each time,
// up to this much: whatever ails the replicas, another session does not cure it.
const (
	maxHoldoffDoublings = 6
	longSession         = 10 * time.Second // ends a run of sessions given up at once
)

// report is the newest report of one replica.
type report struct {
	session uint32 // 0: none
	at      time.Duration
}

// Report: a replica says that it gets nothing from the sequencer of session. Reports of older
// sessions are ignored; f+1 distinct replicas within ReportWindow move the group to a new
// session, since at least one of them works.
func (c *Core) Report(now time.Duration, number, session uint32, replica int) {
	i, known := c.index[number]
	if !known {
		return
	}
	g := &c.groups[i]
	if replica < 0 || replica >= len(g.reports) || session < g.last || session == 0 {
		return
	}
	g.reports[replica] = report{session: session, at: now}
	c.expireReports(now, g)
	if c.fabric != nil {
		c.fabric.doubt(c, i, func(r int) bool { return g.reports[r].session != 0 && g.reports[r].session >= g.last })
	}
	c.advance(now)
}

// expireReports forgets what is too old to count together with a report of now.
func (c *Core) expireReports(now time.Duration, g *group) {
	for i := range g.reports {
		if r := &g.reports[i]; now-r.at > c.cfg.ReportWindow {
			*r = report{}
		}
	}
}

// reported returns the highest session, no older than the current one, that f+1 replicas confirm
// with their reports, or 0. It is above the current one when the store has forgotten a number
// that the replicas have met.
func (g *group) reported() uint32 {
	confirmed := uint32(0)
	for _, r := range g.reports {
		if r.session < g.last || r.session <= confirmed {
			continue
		}
		n := 0
		for _, other := range g.reports {
			if other.session >= r.session {
				n++
			}
		}
		if n > g.f {
			confirmed = r.session
		}
	}
	return confirmed
}

// giveUpReported moves the group to a new session on the reports of f+1 replicas.
func (c *Core) giveUpReported(now time.Duration, g *group, confirmed uint32) {
	g.floor = max(g.floor, confirmed)
	clear(g.reports)
	c.giveUp(now, g)
}

// giveUp ends a session whose target looks healthy from here.
func (c *Core) giveUp(now time.Duration, g *group) {
	if now-g.activeSince >= longSession {
		g.inARow = 0
	} else if g.inARow < maxHoldoffDoublings {
		g.inARow++
	}
	g.spent = g.last
	c.search(g)
}
