package replica

import (
	"slices"
	"time"

	"github.com/netordered/nopaxos/monotime"
	"github.com/netordered/nopaxos/replica/wire"
)

// gapState is the state of gap agreement (OSDI 2016 §5.3) beside the window.
type gapState struct {
	at       time.Duration // when tickGaps has to run
	commits  []gapCommit   // leader: NO-OPs that f followers have yet to acknowledge, by slot
	deferred []wire.Range  // follower: GAP-COMMITs to acknowledge when the log reaches them
}

// gapCommit is a run of NO-OPs that the leader decided. The leader executes nothing behind it until f followers
// have it. Otherwise a reply could rest on a state without a request that the next view restores.
type gapCommit struct {
	slots wire.Range
	acks  set
	at    time.Duration // when it is sent again
	delay time.Duration // between the last two transmissions
}

// onMissing notes that the messages of slots first … last exist and are missing here, and requests those that
// were not requested yet.
func (c *Core) onMissing(first, last uint64) {
	c.view.high = max(c.view.high, last)
	c.requestMissing(max(first, c.log.end+1), last, monotime.Never)
	c.scheduleGaps()
}

// requestMissing requests the messages missing in slots first … last of the window that were not requested within the
// duration again.
func (c *Core) requestMissing(first, last uint64, again time.Duration) {
	last = min(last, c.view.high, c.log.end+c.view.window.size())
	if c.full() {
		// A full replica repairs its log up to the proposed sync point all the same.
		last = min(last, c.view.sync.target())
	}
	var ranges []wire.Range
	for slot := first; slot <= last && len(ranges) < c.maxRanges(); slot++ {
		cell := c.view.window.at(slot)
		if cell.state != cellMissing || (cell.asked != 0 && (again == monotime.Never || c.now-cell.asked < again)) {
			continue
		}
		cell.asked = max(c.now, 1)
		ranges = appendSlot(ranges, slot)
	}
	if len(ranges) == 0 {
		return
	}
	c.counters.SlotsAsked += slotsIn(ranges)
	if c.isLeader() {
		c.sendAll(&wire.GapAsk{Ranges: ranges})
	} else {
		c.send(c.leader(), &wire.SlotLookup{Ranges: ranges})
	}
}

// maxRanges returns how many ranges fit into a datagram.
func (c *Core) maxRanges() int { return min(wire.MaxRanges, (c.cfg.MTU-rangesOverhead)/16) }

// rangesOverhead is an upper bound on the length of a message without its ranges, in bytes.
const rangesOverhead = 112

func appendSlot(ranges []wire.Range, slot uint64) []wire.Range {
	if n := len(ranges); n > 0 && ranges[n-1].Last+1 == slot {
		ranges[n-1].Last = slot
		return ranges
	}
	return append(ranges, wire.Range{First: slot, Last: slot})
}

func slotsIn(ranges []wire.Range) (n uint64) {
	for _, r := range ranges {
		n += r.Len()
	}
	return n
}

// gapBound returns how long the leader waits for its peers' answers before it decides NO-OP.
func (c *Core) gapBound() time.Duration {
	if c.rtt == 0 {
		return c.cfg.GapBound
	}
	return min(4*c.rtt, c.cfg.GapBound)
}

func (c *Core) scheduleGaps() {
	interval := c.cfg.Retransmit
	if c.isLeader() {
		interval = min(interval, max(c.gapBound()/2, 50*time.Microsecond))
	}
	c.view.gaps.at = min(c.view.gaps.at, c.now+interval)
}

// tickGaps repeats requests for missing messages; the leader decides gaps whose time is up and repeats
// GAP-COMMITs.
func (c *Core) tickGaps() {
	if c.now < c.view.gaps.at {
		return
	}
	c.view.gaps.at = monotime.Never
	if c.view.high > c.log.end {
		c.requestMissing(c.log.end+1, c.view.high, c.cfg.Retransmit)
		c.scheduleGaps()
	}
	if !c.isLeader() {
		return
	}
	c.decideNoOps()
	c.repeatGapCommits()
}

// repeatGapCommits resends GAP-COMMITs that f followers have not acknowledged, at increasing intervals.
func (c *Core) repeatGapCommits() {
	var ranges []wire.Range
	for i := range c.view.gaps.commits {
		g := &c.view.gaps.commits[i]
		if c.now >= g.at && len(ranges) < c.maxRanges() {
			g.delay = min(2*g.delay, 32*c.cfg.Retransmit)
			g.at = c.now + g.delay
			ranges = append(ranges, g.slots)
		}
		c.view.gaps.at = min(c.view.gaps.at, g.at)
	}
	if len(ranges) > 0 {
		c.sendAll(&wire.GapCommit{Ranges: ranges})
	}
}

// decideNoOps turns gaps of the leader into NO-OPs: those that the receiver reported as dropped, if every peer that
// seems alive lacks the message or gapBound has passed.
func (c *Core) decideNoOps() {
	if !c.isLeader() || c.full() {
		return
	}
	var ranges []wire.Range
	passed := c.base + c.rx.NextNumber() // the receiver has delivered or dropped all numbers below
	for slot := c.log.end + 1; slot < passed && slot <= min(c.view.high, c.log.end+c.view.window.size()); slot++ {
		cell := c.view.window.at(slot)
		if cell.state != cellMissing {
			continue
		}
		if cell.since == 0 {
			cell.since = max(c.now, 1)
		}
		if c.allLack(cell) || c.now-cell.since >= c.gapBound() {
			cell.state = cellNoOp
			ranges = appendSlot(ranges, slot)
		}
	}
	if len(ranges) == 0 {
		return
	}
	c.counters.NoOps += slotsIn(ranges)
	if c.f > 0 {
		for _, r := range ranges {
			c.view.gaps.commits = append(c.view.gaps.commits, gapCommit{slots: r, at: c.now + c.cfg.Retransmit, delay: c.cfg.Retransmit})
		}
		slices.SortFunc(c.view.gaps.commits, func(a, b gapCommit) int {
			if a.slots.First < b.slots.First {
				return -1
			}
			return 1
		})
		for len(ranges) > 0 {
			n := min(len(ranges), c.maxRanges())
			c.sendAll(&wire.GapCommit{Ranges: ranges[:n]})
			ranges = ranges[n:]
		}
		c.scheduleGaps()
	}
	c.advance()
}

// allLack reports whether every peer heard from within SuspectLeader has answered that it lacks the message.
func (c *Core) allLack(cell *cell) bool {
	for i := range c.cfg.N {
		if i != c.cfg.Self && c.peers[i].heardAt >= c.now-c.cfg.SuspectLeader && !cell.lacking.has(i) {
			return false
		}
	}
	return true
}

// find returns the entry at a slot, from the log, the window or the receiver's buffer.
func (c *Core) find(slot uint64) (wire.Entry, bool) {
	if c.log.holds(slot) {
		e := c.log.at(slot)
		return wire.Entry{Slot: slot, Kind: e.kind, Session: e.session, Number: e.number, Count: 1, Payload: e.payload}, true
	}
	if slot <= c.log.end {
		return wire.Entry{}, false
	}
	session, number := c.durable.View.Session, slot-c.base
	found := wire.Entry{Slot: slot, Session: session, Number: number, Count: 1}
	if cell := c.view.window.peek(slot); cell != nil && cell.state != cellMissing {
		found.Kind, found.Payload = cell.kind, cell.payload
		if cell.state == cellNoOp {
			found.Kind, found.Payload = wire.EntryNoOp, nil
		}
		return found, true
	}
	payload, ok := c.rx.Peek(session, number)
	if !ok {
		return wire.Entry{}, false
	}
	found.Kind, found.Payload, ok = c.openStamped(payload)
	return found, ok
}

// answerLimit bounds the answer to one SLOT-LOOKUP or GAP-ASK, in bytes.
const answerLimit = 4 << 20

// onSlotLookup answers a follower that lacks messages. The leader starts to repair those that it lacks, too.
func (c *Core) onSlotLookup(from int, m *wire.SlotLookup) {
	if !c.leads() {
		return
	}
	none := c.answerSlots(from, m.Ranges, false)
	for _, r := range none {
		c.onMissing(r.First, r.Last)
	}
}

// onGapAsk answers the leader, which lacks messages.
func (c *Core) onGapAsk(from int, m *wire.GapAsk) {
	if from == c.leader() {
		c.answerSlots(from, m.Ranges, true)
	}
}

// answerSlots sends the entries that this replica has at the slots, and returns the slots that it lacks.
func (c *Core) answerSlots(to int, ranges []wire.Range, sayNone bool) (none []wire.Range) {
	answer := wire.SlotEntries{Start: c.log.start}
	size, total := 0, 0
	flush := func() {
		c.send(to, &wire.SlotEntries{Start: answer.Start, Entries: answer.Entries})
		answer.Entries, size = answer.Entries[:0], 0
	}
	room := c.cfg.MTU - 96
	below := false
	for _, r := range ranges {
		below = below || r.First <= c.log.start
		for slot := max(r.First, c.log.start+1); slot <= min(r.Last, c.log.end+c.view.window.size()); slot++ {
			e, ok := c.find(slot)
			if !ok {
				none = appendSlot(none, slot)
				continue
			}
			n := e.EncodedLen()
			if total += n; total > answerLimit {
				break
			}
			if size+n > room && len(answer.Entries) > 0 {
				flush()
			}
			size += n
			answer.Entries = append(answer.Entries, e)
		}
	}
	if len(answer.Entries) > 0 || below {
		flush()
	}
	for rest := none; sayNone && len(rest) > 0; {
		n := min(len(rest), c.maxRanges())
		c.send(to, &wire.SlotEntries{Start: answer.Start, None: rest[:n]})
		rest = rest[n:]
	}
	return none
}

// onSlotEntries handles an answer to SLOT-LOOKUP or GAP-ASK.
func (c *Core) onSlotEntries(from int, m *wire.SlotEntries) {
	if !c.isLeader() && from != c.leader() {
		return
	}
	for _, e := range m.Entries {
		for i := uint64(0); i < e.Count; i++ {
			if slot := e.Slot + i; slot > c.log.end+c.view.window.size() {
				break
			} else if slot > c.log.end {
				c.fillGap(slot, e, i)
			}
		}
	}
	for _, r := range m.None {
		for slot := max(r.First, c.log.end+1); slot <= min(r.Last, c.log.end+c.view.window.size()); slot++ {
			if cell := c.view.window.peek(slot); cell != nil {
				cell.lacking.add(from)
			}
		}
	}
	c.advance()
	if c.phase != phaseNormal {
		return
	}
	if c.isLeader() {
		c.decideNoOps()
		return
	}
	if m.Start > c.log.end {
		// The leader has truncated the next missing slot.
		c.startRepair(m.Start, wire.Digest{}, false)
	}
	// The window has moved: request what has come into it at once.
	c.requestMissing(c.log.end+1, c.view.high, c.cfg.Retransmit)
}

// fillGap stores the i-th slot of an entry in the window.
func (c *Core) fillGap(slot uint64, e wire.Entry, i uint64) {
	if e.Session != c.durable.View.Session || e.Number+i != slot-c.base {
		c.counters.BadEntry++
		return
	}
	if slot > c.log.end+1 && c.view.window.bytes > c.cfg.MaxLogSize/2 {
		return // requested again when the entries before it have made room
	}
	cell := c.view.window.at(slot)
	switch {
	case e.Kind != wire.EntryNoOp && cell.state == cellMissing:
		c.view.high = max(c.view.high, slot)
		c.view.window.fill(cell, e.Kind, e.Payload)
	case e.Kind == wire.EntryNoOp && !c.isLeader():
		// The leader decides once in a view, so its NO-OP also replaces a request.
		c.view.high = max(c.view.high, slot)
		c.view.window.clear(cell)
		cell.slot, cell.state = slot, cellNoOp
	}
}

// maxDeferred bounds the acknowledgements that a follower defers. The leader repeats GAP-COMMITs without one.
const maxDeferred = 1 << 12

// onGapCommit applies the leader's decision, which may replace a logged request.
func (c *Core) onGapCommit(from int, m *wire.GapCommit) {
	if from != c.leader() {
		return
	}
	for _, r := range m.Ranges {
		if r.Last > c.log.end+c.view.window.size() {
			c.onMissing(c.log.end+1, r.Last) // the leader repeats the GAP-COMMIT
			continue
		}
		c.takeNoOps(r)
		if len(c.view.gaps.deferred) < maxDeferred && !slices.Contains(c.view.gaps.deferred, r) {
			c.view.gaps.deferred = append(c.view.gaps.deferred, r)
		}
	}
	c.advance()
	if c.phase == phaseNormal {
		c.acknowledgeNoOps()
		if c.view.high > c.log.end {
			c.scheduleGaps()
		}
	}
}

// takeNoOps writes NO-OPs that the leader decided, those above the sync point.
func (c *Core) takeNoOps(r wire.Range) {
	ticks := false
	for slot := max(r.First, c.syncPoint+1); slot <= r.Last; slot++ {
		ticks = ticks || c.log.holds(slot) && c.log.at(slot).kind == wire.EntryTick
		c.takeNoOp(slot)
	}
	if ticks {
		c.resetLogTime()
	}
}

// takeNoOp writes a NO-OP into the log, or into the window.
func (c *Core) takeNoOp(slot uint64) {
	if slot > c.log.end {
		c.view.high = max(c.view.high, slot)
		cell := c.view.window.at(slot)
		if cell.state != cellNoOp {
			c.view.window.clear(cell)
			cell.slot, cell.state = slot, cellNoOp
		}
		return
	}
	if c.log.at(slot).kind == wire.EntryNoOp {
		return
	}
	c.assert(slot > c.executed && slot > c.base, "NO-OP for slot %d, which is executed (%d) or of an earlier session (base %d)",
		slot, c.executed, c.base)
	c.log.setNoOp(slot)
}

// acknowledgeNoOps acknowledges the GAP-COMMITs up to which the log is complete.
func (c *Core) acknowledgeNoOps() {
	var ready []wire.Range
	c.view.gaps.deferred = slices.DeleteFunc(c.view.gaps.deferred, func(r wire.Range) bool {
		if r.Last > c.log.end || len(ready) == c.maxRanges() {
			return false
		}
		ready = append(ready, r)
		return true
	})
	if len(ready) > 0 {
		c.send(c.leader(), &wire.GapCommitRep{Ranges: ready})
	}
}

// onGapCommitRep counts a follower's acknowledgement.
func (c *Core) onGapCommitRep(from int, m *wire.GapCommitRep) {
	if !c.leads() {
		return
	}
	for i := range c.view.gaps.commits {
		g := &c.view.gaps.commits[i]
		for _, r := range m.Ranges {
			if r.First <= g.slots.First && g.slots.Last <= r.Last {
				g.acks.add(from)
			}
		}
	}
	c.view.gaps.commits = slices.DeleteFunc(c.view.gaps.commits, func(g gapCommit) bool { return g.acks.count() >= c.f })
	c.executeLeader()
}
