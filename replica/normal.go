package replica

import (
	"github.com/netordered/nopaxos/oumlib"
	"github.com/netordered/nopaxos/replica/wire"
)

// drain acts on the receiver's events.
func (c *Core) drain() {
	var ev oumlib.Event
	for c.rx.Next(&ev) {
		if ev.Kind == oumlib.SessionTerminated {
			c.newSession(ev.Session)
			continue
		}
		if c.phase != phaseNormal || ev.Session != c.durable.View.Session {
			continue
		}
		switch ev.Kind {
		case oumlib.Deliver:
			c.onDeliver(ev.First, ev.Payload)
		case oumlib.Suspect:
			c.onMissing(c.base+ev.First, c.base+ev.Last)
		case oumlib.Drop:
			c.onMissing(c.base+ev.First, c.base+ev.Last)
			c.decide()
		}
	}
}

// onDeliver gives a message its slot. Every number takes its slot, as an entry or as a gap: what is
// wrong with a message is looked at only behind that.
func (c *Core) onDeliver(number uint64, payload []byte) {
	slot := c.base + number
	c.view.health.stamped(c.now)
	if slot <= c.log.end {
		return
	}
	kind, body, ok := c.openStamped(payload)
	if !ok {
		// Void: another replica may have it intact.
		c.counters.Void++
		c.onMissing(slot, slot)
		c.decide()
		return
	}
	if c.full() {
		c.dropAsFull(slot, kind, body)
		return
	}
	var tick wire.Tick
	if kind == wire.EntryTick {
		tick, _ = wire.ParseTick(body) // openStamped has checked it
	}
	if slot == c.log.end+1 && c.view.high <= c.log.end {
		c.append(kind, c.durable.View.Session, number, body)
		c.progress()
	} else {
		c.buffer(slot, kind, body)
		c.advance()
	}
	if kind == wire.EntryTick && c.phase == phaseNormal {
		c.onTick(tick)
	}
}

// openStamped checks the payload of a stamped message and says what entry it makes.
func (c *Core) openStamped(payload []byte) (wire.EntryKind, []byte, bool) {
	kind, body, err := c.cfg.Keys.Open(payload)
	if err != nil {
		return 0, nil, false
	}
	switch kind {
	case wire.KindRequest:
		var req wire.Request
		return wire.EntryRequest, body, req.Parse(body) == nil
	case wire.KindTick:
		_, err = wire.ParseTick(body)
		return wire.EntryTick, body, err == nil
	}
	return 0, nil, false
}

// buffer keeps a message that waits for one before it.
func (c *Core) buffer(slot uint64, kind wire.EntryKind, body []byte) {
	c.view.high = max(c.view.high, slot)
	if slot > c.log.end+c.view.window.size() || c.view.window.bytes > c.cfg.MaxLogSize/4 {
		return // as if lost; asked for when the window reaches it
	}
	if cell := c.view.window.at(slot); cell.state == cellMissing {
		c.view.window.fill(cell, kind, body)
	}
}

// advance moves what no longer waits from the window to the log.
func (c *Core) advance() {
	for c.view.high > c.log.end {
		slot := c.log.end + 1
		cell := c.view.window.peek(slot)
		if cell == nil || cell.state == cellMissing {
			break
		}
		session, number := c.durable.View.Session, slot-c.base
		if cell.state == cellNoOp {
			c.append(wire.EntryNoOp, session, number, nil)
		} else {
			c.append(cell.kind, session, number, cell.payload)
		}
		c.view.window.clear(cell)
	}
	c.progress()
	if c.phase == phaseNormal && c.rx.NextNumber()+c.base <= c.log.end {
		// What the receiver still waits for came by another way.
		c.rx.Listen(c.durable.View.Session, c.log.end-c.base+1)
		c.drain()
	}
}

// append adds an entry behind the end of the log, in status normal.
func (c *Core) append(kind wire.EntryKind, session uint32, number uint64, payload []byte) {
	slot := c.log.end + 1
	if slot <= c.base || session != c.durable.View.Session || number != slot-c.base {
		c.fail("entry of session %d, number %d for slot %d with base %d", session, number, slot, c.base)
	}
	c.log.append(kind, session, number, payload)
	c.view.high = max(c.view.high, slot)
	switch kind {
	case wire.EntryTick:
		c.observeTime(payload)
	case wire.EntryRequest:
		if !c.isLeader() {
			c.replyLogged(slot, payload)
		}
	}
}

// progress does what waits for the log to grow.
func (c *Core) progress() {
	if c.phase != phaseNormal {
		return
	}
	if c.isLeader() {
		c.executeLeader()
		return
	}
	c.acknowledgeNoOps()
	c.trySync()
}

// observeTime notes the logical time that a TICK in the log carries.
func (c *Core) observeTime(body []byte) {
	if t, err := wire.ParseTick(body); err == nil && t.Time > c.logTime {
		c.logTime, c.logTimeAt = t.Time, c.now
	}
}

// parseRequest reads a request that was checked before it got its slot.
func (c *Core) parseRequest(slot uint64, body []byte) (req wire.Request) {
	if err := req.Parse(body); err != nil {
		c.fail("request in slot %d does not parse: %v", slot, err)
	}
	return req
}

// replyLogged is a follower's REPLY: the request is in its log.
func (c *Core) replyLogged(slot uint64, body []byte) {
	req := c.parseRequest(slot, body)
	c.reply(slot, &req, wire.StatusLogged, nil)
}

// reply sends a REPLY, in parts if the result is longer than a datagram.
func (c *Core) reply(slot uint64, req *wire.Request, status wire.Status, result []byte) {
	if !req.ReplyTo.IsValid() || req.ReplyTo.Port() == 0 {
		return
	}
	part := c.cfg.MTU - wire.ReplyOverhead
	m := wire.Reply{
		View: c.durable.View, Slot: slot, Client: req.Client, ID: req.ID,
		Replica: uint16(c.cfg.Self), Incarnation: c.durable.Incarnation,
		Status: status, Total: uint32(len(result)),
	}
	for offset := 0; ; offset += part {
		m.Offset = uint32(offset)
		m.Part = result[offset:min(offset+part, len(result))]
		at := len(c.buf)
		c.buf = wire.AppendReply(c.buf, &m)
		c.buf = c.cfg.Keys.Client.Seal(c.buf, at)
		c.effects = append(c.effects, Effect{Kind: EffectClient, Addr: req.ReplyTo, Data: c.buf[at:len(c.buf):len(c.buf)]})
		if offset+part >= len(result) {
			return
		}
	}
}

// full reports whether the log has reached its bounds: then stamped messages are dropped as if
// lost, until synchronization has made room.
func (c *Core) full() bool {
	return c.log.len() >= c.cfg.MaxLog || c.log.bytes >= c.cfg.MaxLogSize
}

// dropAsFull treats a message as lost, and tells its client if this is the leader.
func (c *Core) dropAsFull(slot uint64, kind wire.EntryKind, body []byte) {
	c.counters.Full++
	c.view.high = max(c.view.high, slot)
	c.scheduleGaps()
	if kind == wire.EntryRequest && c.isLeader() {
		req := c.parseRequest(slot, body)
		c.reply(slot, &req, wire.StatusFull, nil)
	}
}
