package failover

import "time"

// phase is where a group stands between two sequencers.
type phase uint8

const (
	// phaseSearching: no sequencer serves the group. One that has the newest number installed is adopted, otherwise a
	// candidate gets a new number.
	phaseSearching phase = iota
	// phaseAllocating: a new number is being made durable.
	phaseAllocating
	// phaseRouting: the number is durable; the switches are getting the target's tree.
	phaseRouting
	// phaseInstalling: the number was sent to the target, which has not answered.
	phaseInstalling
	// phaseVerifying: the install failed and its outcome is unknown; the target is being read.
	phaseVerifying
	// phaseActive: the target serves the group.
	phaseActive
)

func (p phase) String() string {
	return [...]string{"searching", "allocating", "routing", "installing", "verifying", "active"}[p]
}

// A session that ends soon after it began, because replicas report it or links are cut, makes the next one last longer,
// up to this many doublings: another session does not cure the cause.
const (
	maxHoldoffDoublings = 6
	longSession         = 10 * time.Second // ends a run of short sessions
)

// group is the state of one group.
type group struct {
	number uint32
	f      int
	phase  phase
	target int    // serving, being installed on, or the last one; -1: none yet
	last   uint32 // newest durable number
	spent  uint32 // numbers up to this one are no longer adopted
	floor  uint32 // the next number is above it

	sent        uint32        // newest number that was sent to a target
	graceUntil  time.Duration // active, and the stream lost: when to give it up; 0: not lost
	installBy   time.Duration // installing or verifying: when to give it up
	allocateAt  time.Duration // the store failed: when to ask it again
	activeSince time.Duration
	holdUntil   time.Duration // reports and cut links do not move the group before
	reports     []report      // by replica

	failovers uint64 // sessions given up since the start
	inARow    uint   // of them on reports or cut links, without a long session between
}

// report is the newest report of one replica.
type report struct {
	session uint32 // 0: none
	at      time.Duration
}

// search gives up the group's sequencer.
func (g *group) search() {
	if g.phase == phaseActive {
		g.failovers++
	}
	g.phase = phaseSearching
	g.graceUntil = 0
}

// giveUp ends a session whose target looks healthy to the controller.
func (g *group) giveUp(now time.Duration) {
	if now-g.activeSince >= longSession {
		g.inARow = 0
	} else if g.inARow < maxHoldoffDoublings {
		g.inARow++
	}
	g.spent = g.last
	g.search()
}

// gone handles the loss of the group's entry. Its number is spent even if an entry with it turns up again: the counter
// behind it may have started again.
func (g *group) gone() {
	if g.phase != phaseAllocating { // else a new number is on its way already
		g.spent = g.last
		g.search()
	}
}

// lost handles the loss of the stream to the group's target. If nothing listens there any more (refused) the group does
// not wait for the stream to come back until graceUntil.
func (g *group) lost(refused bool, graceUntil time.Duration) {
	switch g.phase {
	case phaseActive:
		if refused {
			g.search()
		} else if g.graceUntil == 0 {
			g.graceUntil = graceUntil
		}
	case phaseInstalling, phaseVerifying, phaseRouting:
		g.search()
	case phaseSearching, phaseAllocating:
	}
}

// expireReports forgets reports from before a time.
func (g *group) expireReports(before time.Duration) {
	for i := range g.reports {
		if r := &g.reports[i]; r.at < before {
			*r = report{}
		}
	}
}

// reportedBy reports whether a replica's report is of the current session, or a newer one.
func (g *group) reportedBy(replica int) bool {
	session := g.reports[replica].session
	return session != 0 && session >= g.last
}

// reported returns the highest session, no older than the current one, that the reports of f+1 replicas confirm, or 0.
// It is above the current one if the store has forgotten a number that the replicas have seen.
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
