package replica

import (
	"time"

	"github.com/netordered/nopaxos/replica/wire"
)

// recovery is the state of a restart without the log.
type recovery struct {
	session   uint32        // the highest one announced while recovering
	sendAt    time.Duration // when RECOVER is sent next
	sendDelay time.Duration
}

// startFirst starts a replica of a new group in view ⟨0, 0⟩. Session 0 has no messages; an ordinary view change
// leads to the first real session.
func (c *Core) startFirst() {
	c.leaveView()
	c.phase = phaseNormal
	c.startHealth()
	c.startSync()
}

// restartEmpty restarts a replica whose durable view is of session 0: its log was empty, so that nothing is lost.
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

// startRecovery restarts a replica that has lost its log. It counts in no quorum until it has entered a view that
// was formed without it. Any f+1 replicas that committed a request in a view at or below the durable one share a
// member with the f+1 others that formed the new view, and that member had logged the request before (cf. Michael
// et al., "Recovering Shared Objects Without Stable Storage", DISC 2017).
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

// handleRecovering dispatches the messages that a recovering replica acts on: START-VIEW of a view strictly above
// its durable one, and the answers to its fetches for that view.
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

// onRecover helps a restarted replica to recover.
func (c *Core) onRecover(from int, m *wire.Recover) {
	if c.phase == phaseRecovering || c.peers[from].active == m.Incarnation {
		return // active: it has recovered, and this RECOVER is an old one
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
	// The next view that this replica leads itself needs no handover.
	w := m.View.Join(c.durable.View)
	n := uint64(c.cfg.N)
	next := w.Leader + 1
	next += (uint64(c.cfg.Self) + n - next%n) % n
	c.goTo(wire.View{Leader: next, Session: w.Session})
}
