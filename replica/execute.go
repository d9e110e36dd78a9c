package replica

import (
	"github.com/netordered/nopaxos/replica/wire"
)

// executeLeader executes the log, ahead of stability, up to the first open gap commit, and replies.
func (c *Core) executeLeader() {
	limit := c.log.end
	if len(c.view.gaps.commits) > 0 {
		limit = min(limit, c.view.gaps.commits[0].slots.First-1)
	}
	for c.executed < limit {
		if req := c.execute(c.executed + 1); req.ID != 0 {
			c.answer(c.executed, &req)
		}
	}
	c.maybeSnapshot()
	c.trySyncPrepare()
}

// executeStable executes up to the sync point, where a follower stops.
func (c *Core) executeStable() {
	for c.executed < c.syncPoint {
		c.execute(c.executed + 1)
	}
	c.maybeSnapshot()
}

// execute applies the entry at slot, the next one, to the state machine and the client table. It returns the
// request; its id is 0 if the entry is none.
func (c *Core) execute(slot uint64) (req wire.Request) {
	if slot != c.executed+1 || !c.log.holds(slot) {
		c.fail("slot %d is to be executed; the log is (%d, %d], executed %d", slot, c.log.start, c.log.end, c.executed)
	}
	e := c.log.at(slot)
	switch e.kind {
	case wire.EntryTick:
		c.executeTick(slot, e.payload)
	case wire.EntryRequest:
		req = c.parseRequest(slot, e.payload)
		if c.table.Execute(slot, &req, c.sm) {
			c.counters.Executed++
		}
	}
	c.executed = slot
	return req
}

// executeTick advances logical time, which is the highest of the TICKs so far, whatever view each was sent in.
func (c *Core) executeTick(slot uint64, body []byte) {
	t, err := wire.ParseTick(body)
	if err != nil {
		c.fail("TICK in slot %d does not parse: %v", slot, err)
	}
	c.table.SetTime(slot, t.Time)
}

// answer sends the leader's REPLY to the request at an executed slot, from the client table.
func (c *Core) answer(slot uint64, req *wire.Request) {
	if status, result, ok := c.table.Answer(slot, req); ok {
		c.reply(slot, req, status, result)
	}
}

// rollback reverts what was executed behind slot.
func (c *Core) rollback(slot uint64) {
	if slot >= c.executed {
		return
	}
	c.counters.RolledBack += c.executed - slot
	c.assert(slot >= c.syncPoint, "rollback to slot %d below the sync point %d", slot, c.syncPoint)
	if s := c.snapshots.next; s != nil && s.slot > slot {
		c.snapshots.next = nil
	}
	if c.undo != nil {
		c.undo.Undo(slot)
		c.table.Undo(slot)
		c.executed = slot
		return
	}
	c.restoreStable()
	for c.executed < slot {
		c.execute(c.executed + 1)
	}
}
