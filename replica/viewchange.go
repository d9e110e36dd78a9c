package replica

import (
	"bytes"
	"slices"
	"time"

	"github.com/netordered/nopaxos/monotime"
	"github.com/netordered/nopaxos/replica/wire"
)

// viewChange is the state of a replica in status view-change (OSDI 2016 §5.5).
type viewChange struct {
	timeout   time.Duration // of this view
	deadline  time.Duration // when the replica moves on to the next leader
	sendAt    time.Duration // when VIEW-CHANGE is repeated
	sendDelay time.Duration
	pingAt    time.Duration // leader: when it reports its progress next
	progress  uint64        // the progress that the leader reports, or reported last

	received []*wire.ViewChange // leader: VIEW-CHANGEs of the others, by replica
	silent   set                // leader: holders that did not answer
	merge    *merge             // leader: in progress, or nil
	formed   bool               // leader: f+1 promises have arrived
}

// goTo promises view w: from now on the replica takes part in no lower view. Its log stays unchanged until it
// enters a view.
func (c *Core) goTo(w wire.View) {
	c.assert(c.durable.View.Less(w), "asked to go to %v", w)
	c.assert(c.phase != phaseRecovering, "asked to go to %v", w)
	from := c.durable.View
	kept := c.phase == phaseNormal && w.Session == from.Session
	c.durable.View = w
	c.rx.Hold(w.Session)
	if kept {
		c.putBackWindow()
	}
	c.leaveView()
	c.persist()
	c.counters.ViewChanges++
	c.startViewChange()
}

// putBackWindow returns the messages in the window to the receiver, which delivers them by their number in the
// next view.
func (c *Core) putBackWindow() {
	session := c.durable.View.Session
	for slot := c.log.end + 1; slot <= min(c.view.high, c.log.end+c.view.window.size()); slot++ {
		if cell := c.view.window.peek(slot); cell != nil && cell.state == cellEntry {
			c.putBack(session, slot-c.base, cell.payload)
		}
	}
}

// putBack returns a message to the receiver, with the tag that it lost when it was opened.
func (c *Core) putBack(session uint32, number uint64, body []byte) {
	kind, err := wire.PeekKind(body)
	c.assert(err == nil, "message %d of session %d does not parse: %v", number, session, err)
	auth := c.cfg.Keys.Replica
	if kind.FromClient() {
		auth = c.cfg.Keys.Client
	}
	c.scratch = auth.Seal(append(c.scratch[:0], body...), 0)
	c.rx.Put(session, number, c.scratch)
}

// viewTimeout returns how long the replica waits to enter a view. It doubles with every view since the last one
// that worked.
func (c *Core) viewTimeout() time.Duration { return c.cfg.ViewChange << min(c.attempts, maxBackoff) }

// worksAfter is how many view time-outs a view must last to count as one that worked.
const worksAfter = 8

// worksAnyway is a duration after which a view counts as one that worked, however long the time-outs have become:
// single failures must not each cost more than the one before.
const worksAnyway = time.Second

// viewWorks notes that a sync point was agreed on in this view, so that f+1 replicas are in it. If the view has
// lasted, the next view change starts with the shortest time-out again. Entering is not enough: the leader enters
// first; if its timer expires, views succeed each other before a START-VIEW arrives. One sync point is not enough
// either: if only the view of a leader that is cut off from the sequencer forms in time, the other leaders' views
// would get the shortest time-out for ever.
func (c *Core) viewWorks() {
	if c.now-c.view.enteredAt >= min(worksAfter*c.viewTimeout(), worksAnyway) {
		c.attempts = 0
	}
}

// perLogByte is the time per byte of its log after which a VIEW-CHANGE is repeated: a long log takes long to
// transfer.
const perLogByte = 10 * time.Nanosecond

// maxBackoff bounds the doublings of the view change's time-out.
const maxBackoff = 6

func (c *Core) startViewChange() {
	c.phase = phaseViewChange
	c.view.change = viewChange{
		timeout:   c.viewTimeout(),
		sendDelay: max(c.cfg.Retransmit, time.Duration(c.log.bytes)*perLogByte),
		pingAt:    monotime.Never,
		received:  make([]*wire.ViewChange, c.cfg.N),
	}
	c.attempts++
	c.view.change.deadline = c.now + c.view.change.timeout
	c.sendViewChange()
	if c.isLeader() {
		c.tryMerge()
	}
}

// sendViewChange sends this replica's VIEW-CHANGE to the leader and asks the others for theirs.
func (c *Core) sendViewChange() {
	v := &c.view.change
	v.sendAt = c.now + v.sendDelay
	v.sendDelay = max(v.sendDelay, min(2*v.sendDelay, 32*c.cfg.Retransmit))
	c.sendAll(&wire.ViewChangeReq{})
	if !c.isLeader() {
		c.send(c.leader(), c.ownViewChange())
	}
}

// ownViewChange returns this replica's VIEW-CHANGE. Its entries alias the log.
func (c *Core) ownViewChange() *wire.ViewChange {
	return &wire.ViewChange{
		LastNormal: c.durable.LastNormal, Base: c.base,
		SP: c.syncPoint, DigestSP: c.log.digestAt(c.syncPoint), End: c.log.end,
		Entries: c.log.entries(nil, c.syncPoint, c.log.end, wholeLog),
	}
}

// wholeLog is a limit, in bytes, that no log reaches.
const wholeLog = 1 << 62

func (c *Core) tickViewChange() {
	v := &c.view.change
	if c.now >= v.deadline {
		// The leader did not start the view in time.
		c.goTo(wire.View{Leader: c.durable.View.Leader + 1, Session: c.durable.View.Session})
		return
	}
	if c.now >= v.sendAt {
		c.sendViewChange()
	}
	if c.now >= v.pingAt {
		v.pingAt = c.now + c.cfg.PingInterval
		c.sendAll(&wire.Ping{End: v.progress, Forming: true})
	}
}

// onFormingPing restarts the timer: the leader has entered the view, or makes progress.
func (c *Core) onFormingPing(m *wire.Ping) {
	if m.Forming {
		if m.End <= c.view.change.progress {
			return
		}
		c.view.change.progress = m.End
	}
	c.view.change.deadline = c.now + c.view.change.timeout
}

// madeProgress restarts the view change's timer; the leader also tells the others.
func (c *Core) madeProgress() {
	if c.phase != phaseViewChange {
		return
	}
	c.view.change.deadline = c.now + c.view.change.timeout
	if c.isLeader() {
		c.view.change.progress++
		c.view.change.pingAt = min(c.view.change.pingAt, c.now+c.cfg.PingInterval)
	}
}

// onViewChange collects VIEW-CHANGEs at the leader of the view.
func (c *Core) onViewChange(from int, m *wire.ViewChange) {
	if !c.isLeader() {
		return
	}
	if c.phase == phaseNormal {
		c.send(from, c.startViewMessage(false))
		return
	}
	if m.SP > m.End || m.Base > m.End || c.view.change.received[from] != nil {
		return
	}
	kept := *m
	kept.Entries = cloneEntries(m.Entries)
	c.view.change.received[from] = &kept
	c.tryMerge()
}

// cloneEntries copies entries, whose payloads alias a message or the log.
func cloneEntries(entries []wire.Entry) []wire.Entry {
	clone := slices.Clone(entries)
	for i := range clone {
		clone[i].Payload = bytes.Clone(clone[i].Payload)
	}
	return clone
}
