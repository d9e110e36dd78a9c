package replica

import (
	"bytes"
	"slices"
	"time"

	"github.com/netordered/nopaxos/monotime"
	"github.com/netordered/nopaxos/replica/wire"
)

// viewChange is what a replica in status view-change knows (OSDI 2016 §5.5).
type viewChange struct {
	timeout   time.Duration // of this view
	deadline  time.Duration // when the next leader is tried
	sendAt    time.Duration // when VIEW-CHANGE is repeated
	sendDelay time.Duration
	pingAt    time.Duration // leader: when it tells of its progress again
	progress  uint64        // leader: what it tells; follower: what it was told last

	got    []*wire.ViewChange // leader: the others', by replica
	silent set                // leader: holders that did not answer
	merge  *merge             // leader: under way
	formed bool               // leader: f+1 promises were there once
}

// goTo promises w: from here on the replica takes part in no lower view. Its log stays as it is
// until it enters a view.
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

// putBackWindow hands what waits behind an open gap back to the receiver: it comes again, by its
// number, in the next view.
func (c *Core) putBackWindow() {
	session := c.durable.View.Session
	for slot := c.log.end + 1; slot <= min(c.view.high, c.log.end+c.view.window.size()); slot++ {
		if cell := c.view.window.peek(slot); cell != nil && cell.state == cellEntry {
			c.putBack(session, slot-c.base, cell.payload)
		}
	}
}

// putBack hands a message, which lost its tag when it was opened, back to the receiver.
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

// viewTimeout is how long the replica waits for the view that it has gone to: it doubles with every
// view since the last one that worked.
func (c *Core) viewTimeout() time.Duration { return c.cfg.ViewChange << min(c.attempts, maxBackoff) }

// worksAfter is how many view time-outs a view has to last to count as one that worked.
const worksAfter = 8

// worksAnyway is how long is enough, however long the time-outs have become: failures that come one by
// one must not each cost more than the one before.
const worksAnyway = time.Second

// viewWorks notes that a sync point was agreed on in this view, so that f+1 replicas are in it. Once
// it has lasted, the next view change starts with a short time-out again. To have entered is not
// enough: a leader enters alone, and if it then is the one that does not wait for the others, one
// view follows the other before any of them gets its START-VIEW. One sync point is not enough
// either: where only the view of a leader that is cut off from the sequencer forms in time, the
// others' views would be tried with the shortest time-out for ever.
func (c *Core) viewWorks() {
	if c.now-c.view.enteredAt >= min(worksAfter*c.viewTimeout(), worksAnyway) {
		c.attempts = 0
	}
}

// perLogByte is what a VIEW-CHANGE waits for each byte of its log before it is repeated: a long one
// takes its time.
const perLogByte = 10 * time.Nanosecond

// maxBackoff bounds the doubling of the view change's time-out: 2^6 times the first one.
const maxBackoff = 6

func (c *Core) startViewChange() {
	c.phase = phaseViewChange
	c.view.change = viewChange{
		timeout:   c.viewTimeout(),
		sendDelay: max(c.cfg.Retransmit, time.Duration(c.log.bytes)*perLogByte),
		pingAt:    monotime.Never,
		got:       make([]*wire.ViewChange, c.cfg.N),
	}
	c.attempts++
	c.view.change.deadline = c.now + c.view.change.timeout
	c.sendViewChange()
	if c.isLeader() {
		c.tryMerge()
	}
}

// sendViewChange says what this replica promises and brings along, and asks the others to do so.
func (c *Core) sendViewChange() {
	v := &c.view.change
	v.sendAt = c.now + v.sendDelay
	v.sendDelay = max(v.sendDelay, min(2*v.sendDelay, 32*c.cfg.Retransmit))
	c.sendAll(&wire.ViewChangeReq{})
	if !c.isLeader() {
		c.send(c.leader(), c.ownViewChange())
	}
}

// ownViewChange is the replica's last-normal view and its log. Entries alias the log.
func (c *Core) ownViewChange() *wire.ViewChange {
	return &wire.ViewChange{
		LastNormal: c.durable.LastNormal, Base: c.base,
		SP: c.syncPoint, DigestSP: c.log.digestAt(c.syncPoint), End: c.log.end,
		Entries: c.log.entries(nil, c.syncPoint, c.log.end, wholeLog),
	}
}

// wholeLog is a limit in bytes that no log reaches.
const wholeLog = 1 << 62

func (c *Core) tickViewChange() {
	v := &c.view.change
	if c.now >= v.deadline {
		// This view's leader did not make it.
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

// onFormingPing: the leader of the view has entered it, or makes progress on the way. Both restart
// the timer.
func (c *Core) onFormingPing(m *wire.Ping) {
	if m.Forming {
		if m.End <= c.view.change.progress {
			return
		}
		c.view.change.progress = m.End
	}
	c.view.change.deadline = c.now + c.view.change.timeout
}

// madeProgress restarts the view change's timer; a leader tells the others.
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

// onViewChange collects promises at the leader of the view.
func (c *Core) onViewChange(from int, m *wire.ViewChange) {
	if !c.isLeader() {
		return
	}
	if c.phase == phaseNormal {
		c.send(from, c.startViewMessage(false))
		return
	}
	if m.SP > m.End || m.Base > m.End || c.view.change.got[from] != nil {
		return
	}
	kept := *m
	kept.Entries = cloneEntries(m.Entries)
	c.view.change.got[from] = &kept
	c.tryMerge()
}

// cloneEntries copies entries out of a message or the log.
func cloneEntries(entries []wire.Entry) []wire.Entry {
	clone := slices.Clone(entries)
	for i := range clone {
		clone[i].Payload = bytes.Clone(clone[i].Payload)
	}
	return clone
}
