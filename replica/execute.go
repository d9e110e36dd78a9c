package replica

import (
	"bytes"

	"github.com/netordered/nopaxos/replica/wire"
)

// executeLeader executes, ahead of stability, whatever no open gap commit stands before, and
// answers it.
func (c *Core) executeLeader() {
	limit := c.log.end
	if len(c.gap.commits) > 0 {
		limit = min(limit, c.gap.commits[0].slots.First-1)
	}
	for c.executed < limit {
		c.execute(c.executed + 1)
		c.answer(c.executed)
	}
	c.maybeSnapshot()
	c.trySyncPrepare()
}

// executeStable executes up to the sync point, which is as far as a follower goes.
func (c *Core) executeStable() {
	for c.executed < c.sp {
		c.execute(c.executed + 1)
	}
	c.maybeSnapshot()
}

// execute applies the entry at slot, the one behind executed, to the state machine and the client
// table.
func (c *Core) execute(slot uint64) {
	if slot != c.executed+1 || !c.log.holds(slot) {
		c.fail("slot %d is to be executed; the log is (%d, %d], executed %d", slot, c.log.start, c.log.end, c.executed)
	}
	e := c.log.at(slot)
	switch e.kind {
	case wire.EntryTick:
		c.executeTick(slot, e.payload)
	case wire.EntryRequest:
		req := c.parseRequest(slot, e.payload)
		c.executeRequest(slot, &req)
	}
	c.executed = slot
}

// executeTick: logical time is the highest TICK so far, whatever the view that it was sent in.
func (c *Core) executeTick(slot uint64, body []byte) {
	t, err := wire.ParseTick(body)
	if err != nil {
		c.fail("TICK in slot %d does not parse: %v", slot, err)
	}
	if t.Time > c.table.time {
		c.table.begin(slot)
		c.table.time = t.Time
	}
}

func (c *Core) executeRequest(slot uint64, req *wire.Request) {
	t := &c.table
	if req.Register {
		t.register(slot)
		c.counters.Executed++
		return
	}
	cl := t.byID[req.Client.Lo]
	if cl == nil {
		return
	}
	ch := t.use(slot, cl, req.Low)
	if req.ID < cl.low || req.ID-cl.low >= wire.MaxOutstanding || cl.lookup(req.ID) != nil {
		return
	}
	c.result = c.sm.Execute(slot, t.time, req.Op, c.result[:0])
	c.counters.Executed++
	r := t.put(cl, req.ID)
	ch.id = req.ID
	r.status = wire.StatusOK
	if len(c.result) > wire.MaxResult {
		r.status = wire.StatusTooLarge
	} else {
		r.data = append(r.data, c.result...)
	}
	t.stored(slot, cl, r)
}

// answer sends the leader's REPLY to the request at an executed slot, from the client table.
func (c *Core) answer(slot uint64) {
	e := c.log.at(slot)
	if e.kind != wire.EntryRequest {
		return
	}
	req := c.parseRequest(slot, e.payload)
	if req.Register {
		status := wire.StatusRegistered
		if c.table.byID[slot] == nil {
			status = wire.StatusEvicted
		}
		c.reply(slot, &req, status, nil)
		return
	}
	cl := c.table.byID[req.Client.Lo]
	switch {
	case cl == nil:
		c.reply(slot, &req, wire.StatusEvicted, nil)
	case req.ID < cl.low:
	case req.ID-cl.low >= wire.MaxOutstanding:
		c.reply(slot, &req, wire.StatusTooMany, nil)
	default:
		r := cl.lookup(req.ID)
		if r == nil {
			// In a slot that was executed when the request's id was out of range.
			return
		}
		c.reply(slot, &req, r.status, r.data)
	}
}

// rollback takes back what was executed behind slot.
func (c *Core) rollback(slot uint64) {
	if slot >= c.executed {
		return
	}
	c.counters.RolledBack += c.executed - slot
	c.assert(slot >= c.sp, "rollback to slot %d below the sync point %d", slot, c.sp)
	if s := c.nextSnap; s != nil && s.slot > slot {
		c.nextSnap = nil
	}
	if c.undo != nil {
		c.undo.Undo(slot)
		c.table.undo(slot)
		c.executed = slot
		return
	}
	c.install(c.snap)
	for c.executed < slot {
		c.execute(c.executed + 1)
	}
}

// install replaces the executed state by a snapshot's.
func (c *Core) install(s *snapshot) {
	body, err := c.table.parse(s.data[snapshotHeader:])
	c.assert(err == nil, "snapshot at slot %d: %v", s.slot, err)
	err = c.sm.Restore(bytes.NewReader(body))
	c.assert(err == nil, "state machine refuses the snapshot at slot %d: %v", s.slot, err)
	c.executed = s.slot
}
