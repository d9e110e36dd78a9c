package replica

import (
	"time"

	"github.com/netordered/nopaxos/replica/wire"
)

// recovery is the state of a memory-mode restart.
type recovery struct {
	session   uint32        // highest that was heard of while recovering
	sendAt    time.Duration // when RECOVER is sent again
	sendDelay time.Duration
}

// startFirst starts a replica of a new group: in view ⟨0, 0⟩, whose session has no messages. The
// first real session comes by an ordinary view change.
func (c *Core) startFirst() {
	c.leaveView()
	c.phase = phaseNormal
	c.startHealth()
	c.startSync()
}

// restartEmpty restarts a replica whose persisted view is of session 0, so that its log is empty by
// construction and nothing has been lost.
func (c *Core) restartEmpty() {
	c.startFirst()
	switch {
	case c.isLeader():
		v := c.durable.View
		c.goTo(wire.View{Leader: v.Leader + 1, Session: v.Session})
	case c.durable.LastNormal != c.durable.View:
		c.startViewChange()
	}
}

// startRecovery begins a memory-mode restart: the log is gone, so that the replica counts in no
// quorum until it has entered a view that was formed without it. Any f+1 that committed in a view
// at or below the persisted one intersect the f+1 others that formed the new view in a replica that
// had logged it before it moved on (cf. Michael et al., "Recovering Shared Objects Without Stable
// Storage", DISC 2017).
func (c *Core) startRecovery() {
	c.leaveView()
	c.phase = phaseRecovering
	c.recovery.sendDelay = c.cfg.Retransmit
	c.recovery.sendAt = c.now
	c.tickRecovery()
}

func (c *Core) tickRecovery() {
	if c.now < c.recovery.sendAt {
		return
	}
	c.recovery.sendDelay = min(2*c.recovery.sendDelay, 64*c.cfg.Retransmit)
	c.recovery.sendAt = c.now + c.recovery.sendDelay
	c.sendAll(&wire.Recover{})
}

// handleRecovering acts on what a recovering replica acts on: START-VIEW of a view strictly above
// its persisted one, and the answers to its fetches for that view.
func (c *Core) handleRecovering(from int, m wire.Message) {
	switch m := m.(type) {
	case *wire.StartView:
		if c.durable.View.Less(m.View) {
			c.onStartView(from, m)
		}
	case *wire.FetchLog:
		c.onFetchLog(from, m)
	case *wire.SnapshotChunk:
		c.onSnapshotChunk(from, m)
	}
}

// onRecover helps a restarted replica.
func (c *Core) onRecover(from int, m *wire.Recover) {
	if c.phase == phaseRecovering || c.peers[from].active == m.Incarnation {
		return // in the second case it has recovered; this was under way for long
	}
	if c.leader() == from {
		c.suspectLeader()
		return
	}
	if !c.leads() {
		return
	}
	if m.View.Less(c.durable.View) {
		c.send(from, c.startViewMessage(false))
		return
	}
	if c.peers[from].recoverHandled == m.Incarnation {
		return
	}
	c.peers[from].recoverHandled = m.Incarnation
	// The next view that this replica leads itself, so that nothing is handed over.
	w := m.View.Join(c.durable.View)
	n := uint64(c.cfg.N)
	next := w.Leader + 1
	next += (uint64(c.cfg.Self) + n - next%n) % n
	c.goTo(wire.View{Leader: next, Session: w.Session})
}
